import { SipfError } from '@sipf/errors';
import type { AccuracyRow, IterationCounts } from '@sipf/reporting';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const numbers = z.record(z.string(), z.number());
const results = z.object({
  rows: z.array(
    z.object({
      method: z.string(),
      iteration: z.number(),
      dataset: z.string().optional(),
      correct: z.number(),
      total: z.number(),
      accuracy: z.number(),
      low: z.number(),
      high: z.number(),
      flexibleCorrect: z.number().optional(),
      wholePathAccuracy: z.number().optional(),
      model: z.string(),
    }),
  ),
  iterations: z.array(
    z.object({ iteration: z.number(), trainingExamples: z.number(), counts: numbers, figures: numbers }),
  ),
  warnings: z.array(z.string()).default([]),
});
/** What results.json of a run tells. */
export interface RunResults {
  readonly rows: readonly AccuracyRow[];
  readonly iterations: readonly IterationCounts[];
  /** What is odd about the results of stages. */
  readonly warnings: readonly string[];
}

/**
 * Reads results.json; a run that has not come to its report has no rows.
 * @throws SipfError `data-loss` RESULTS_INVALID for a file that is no result
 */
export async function readResults(path: string): Promise<RunResults> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { rows: [], iterations: [], warnings: [] };
  try {
    const { rows, ...rest } = results.parse(JSON.parse(text));
    return { ...rest, rows: rows.map(({ dataset, ...row }) => ({ ...row, testSet: testSetOf(dataset) })) };
  } catch (cause) {
    throw new SipfError('data-loss', `${path} is no result of a run`, { reason: 'RESULTS_INVALID', cause });
  }
}

/** @returns undefined for the questions of the main table */
export function testSetOf(dataset: string | undefined): string | undefined {
  return dataset === 'test' ? undefined : dataset;
}
