import { z } from 'zod';
import { openRowJournal } from '../files/row-journal.ts';

/** What became of a sample's program; `passed` is null where the sandbox broke. */
export interface SampleVerdict {
  readonly passed: boolean | null;
  /** As HumanEval's harness spells it: `passed`, `timed out`, `failed: …`. */
  readonly result: string;
}

/** Verdicts on disk, so that an interrupted command need not run their programs again. */
export interface VerdictJournal {
  get(key: string): SampleVerdict | undefined;
  /** How many verdicts an earlier attempt left. */
  readonly recovered: number;
  append(entries: readonly (SampleVerdict & { readonly key: string })[]): Promise<void>;
  close(): Promise<void>;
  /** Closes it and takes it away: its verdicts are where they belong. */
  remove(): Promise<void>;
}

const entry = z.object({ key: z.string(), passed: z.boolean(), result: z.string() });

/** Opens a journal and reads what it holds; a torn last line is passed over. */
export async function openVerdictJournal(path: string): Promise<VerdictJournal> {
  const journal = await openRowJournal(path, entry);
  return {
    ...journal,
    get: (key) => {
      const found = journal.get(key);
      return found === undefined ? undefined : { passed: found.passed, result: found.result };
    },
    append: (entries) =>
      // A broken sandbox is not a verdict: the next attempt runs the program again.
      journal.append(
        entries.flatMap(({ passed, ...rest }) => (passed === null ? [] : [{ ...rest, passed }])),
      ),
  };
}
