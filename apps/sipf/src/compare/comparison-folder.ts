import {
  comparisonFigure,
  comparisonMarkdown,
  comparisonTable,
  dimensionNames,
  type Comparison,
  type Contest,
} from '@sipf/evaluation';
import { dataTableCsv } from '@sipf/figures';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { requireNewFolder } from '../files/result-folder.ts';
import { openRowJournal, type RowJournal } from '../files/row-journal.ts';
import { writeWhole } from '../report/write-report.ts';
import { usageError } from '../usage-error.ts';
import { judgement, type Judgement } from './judge-contests.ts';

const RESULT = 'comparison.json';

/** What a comparison depends on; only the same comparison resumes a folder. */
export type ComparisonSettings = Readonly<Record<string, string | number>>;

/**
 * Opens the folder of a comparison, a new one or one that was interrupted.
 * @returns the journal of what was asked
 * @throws SipfError `invalid-argument` for the folder of another comparison, or of something else
 */
export async function openComparison(
  folder: string,
  settings: ComparisonSettings,
): Promise<RowJournal<Judgement>> {
  const path = join(folder, 'settings.json');
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === undefined) {
    await requireNewFolder(folder);
    await writeWhole(path, text);
  } else if (before !== text) {
    throw usageError(`--out: ${folder} holds another comparison; name a new folder`);
  }
  return await openRowJournal(join(folder, 'judgements.jsonl'), judgement);
}

/** Writes what a comparison came to, beside its journal: `comparison.md`, `.json`, `.csv` and `figure-5.svg`. */
export async function writeComparison(
  folder: string,
  comparison: Comparison,
  asked: readonly Contest[],
): Promise<void> {
  const { leftOut, ...rest } = comparison;
  const json = { ...rest, asked: asked.map(({ id }) => id), ...leftOut };
  await writeWhole(join(folder, RESULT), `${JSON.stringify(json, null, 2)}\n`);
  await writeWhole(join(folder, 'comparison.csv'), dataTableCsv(comparisonTable(comparison)));
  await writeWhole(join(folder, 'figure-5.svg'), comparisonFigure(comparison));
  await writeWhole(join(folder, 'comparison.md'), comparisonMarkdown(comparison));
}

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const result = z.object({
  ...{ a: z.string(), b: z.string(), judge: z.string() },
  ...{ bothWrong: count, identical: count, unmatched: count },
  tally: z.object({
    questions: count,
    dimensions: z.array(
      z.object({
        dimension: z.enum(dimensionNames),
        ...{ a: count, b: count, ties: count, inconsistent: count, unread: count },
        winRate: z.object({ share, low: share, high: share }).optional(),
      }),
    ),
    firstShare: share.optional(),
  }),
});

/**
 * Reads what a finished comparison came to.
 * @throws SipfError `invalid-argument` for a folder that holds none, with what is wrong
 */
export async function readComparison(folder: string, flag: string): Promise<Comparison> {
  const path = join(folder, RESULT);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw usageError(`${flag}: ${folder} holds no finished comparison of \`sipf compare\``, { cause });
  });
  try {
    const { tally, a, b, judge, ...leftOut } = result.parse(JSON.parse(text));
    return { a, b, judge, leftOut, tally };
  } catch (cause) {
    throw usageError(`${flag}: ${path} is not a comparison`, { cause });
  }
}
