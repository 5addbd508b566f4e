import { assertKnownFormat } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { whyUnreadable } from '../folder/require-file.ts';
import {
  openAppendOnlyFile,
  readBy,
  readWholeLines,
  type AppendOnlyFile,
  type Fence,
  type LineRules,
} from './append-only-file.ts';

/** One finished item of a stage, as its journal keeps it. */
export interface JournalEntry<R> {
  readonly key: string;
  readonly result: R;
}

/** Counts up with what an older program would read wrongly. */
const JOURNAL_FORMAT = 1;

const heading = z.object({ format: z.int().min(1), program: z.string().optional() });
const item = z.object({ key: z.string(), result: z.unknown() });
type Line<R> = z.infer<typeof heading> | JournalEntry<R>;

const readHeading = readBy(heading, 'the heading of a journal');
const readItem = readBy(item, 'an item of a stage');

/** Lines of items whose results are as the stage wrote them, which its own version alone reads. */
function rulesOf<R>(): LineRules<Line<R>> {
  return {
    remedy:
      'it is safe to delete this file: the items of this stage are computed again, with the same results',
    beginsSums: () => true,
    read: (value, index) => {
      const found = readHeading(value, index);
      if (index === 0 && 'value' in found) return found;
      const one = readItem(value, index);
      return 'why' in one ? one : { value: { key: one.value.key, result: one.value.result as R } };
    },
  };
}

/**
 * Opens the journal of a stage, which begins with a line that says its format.
 * @param program who writes to it from now on
 * @param lease of its run. @default none
 * @throws SipfError data-loss LOG_CORRUPT; failed-precondition FORMAT_UNKNOWN
 */
export async function openJournal<R>(
  path: string,
  program: string,
  lease?: Fence,
): Promise<AppendOnlyFile<JournalEntry<R>>> {
  const file = await openAppendOnlyFile(path, rulesOf<R>(), lease);
  const [first] = file.recovered;
  try {
    assertKnownHeading(path, first);
  } catch (error) {
    await file.close();
    throw error;
  }
  // Written with the first items, so that an empty file is a journal too.
  let headings: Line<R>[] = first === undefined ? [{ format: JOURNAL_FORMAT, program }] : [];
  return {
    recovered: file.recovered.filter((line): line is JournalEntry<R> => 'key' in line),
    append: async (...entries) => {
      const due = headings;
      headings = [];
      try {
        await file.append(...due, ...entries);
      } catch (error) {
        headings = [...due, ...headings];
        throw error;
      }
    },
    close: () => file.close(),
  };
}

/** What is wrong with a journal, and what may be done about it, in words. Reads only. */
export async function journalFault(path: string): Promise<string | undefined> {
  try {
    const { values, damage } = await readWholeLines(path, rulesOf());
    assertKnownHeading(path, values[0]);
    return damage?.message;
  } catch (error) {
    const words = error instanceof SipfError ? error.message : whyUnreadable(error);
    if (words !== undefined) return words;
    throw error;
  }
}

/** @throws SipfError FORMAT_UNKNOWN */
function assertKnownHeading(path: string, first: Line<unknown> | undefined): void {
  if (first === undefined || !('format' in first)) return;
  assertKnownFormat(path.split('/').slice(-2).join('/'), first, JOURNAL_FORMAT);
}
