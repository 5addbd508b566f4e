import { z } from 'zod';
import { jsonNumbers } from '../json-numbers.ts';
import { engineFacts } from '../plan/engine-facts.ts';
import type { StageNumbers } from '../plan/stage-results.ts';

/** One row of tables 1-2: greedy accuracy of one model on one data set. */
const resultRow = z
  .object({
    /** E.g. `SFT`, `SIPF 2`. */
    method: z.string(),
    /** The questions: `test`, `validation`, or a set out of domain. Runs from before there were others know `test` alone. */
    dataset: z.string().default('test'),
    iteration: z.int(),
    correct: z.int(),
    total: z.int(),
    accuracy: z.number(),
    /** Ends of Wilson's 95 % interval, in [0, 1]. */
    low: z.number(),
    high: z.number(),
    /** Right by the flexible rule of extraction, for tasks with answers. */
    flexibleCorrect: z.int().optional(),
    /** Share of paths whose every step is right, where the task can check steps. */
    wholePathAccuracy: z.number().optional(),
    /** Pass@k, majority and best of k from several samples, by `pass@8` and the like. */
    sampled: jsonNumbers.optional(),
    /** Digest of the answers, a row a question (`outcomeRow`); empty where the run does not say. */
    outcomes: z.string().default(''),
    /** The evaluated model's digest. */
    model: z.string(),
  })
  .readonly();
export type ResultRow = z.infer<typeof resultRow>;

/** Tables 6-7: what an iteration worked with. */
const iterationCounts = z
  .object({
    iteration: z.int(),
    /** Examples that M_k was trained on: D_0 for 0, preference pairs after. */
    trainingExamples: z.int(),
    counts: jsonNumbers.transform((counts) => counts as StageNumbers['counts']),
    figures: jsonNumbers.transform((figures) => figures as StageNumbers['figures']),
  })
  .readonly();
export type IterationCounts = z.infer<typeof iterationCounts>;

/** What a run came to. */
export const results = z
  .object({
    seed: z.int(),
    rows: z.array(resultRow).readonly(),
    iterations: z.array(iterationCounts).readonly(),
    /** What computed each stage that our own engine did not; absent where it did all. */
    engines: z.record(z.string(), engineFacts).optional(),
    /** What is odd about the results of stages; absent where nothing is. */
    warnings: z.array(z.string()).readonly().optional(),
  })
  .readonly();
export type Results = z.infer<typeof results>;

/** Of a run that has not come to its report. */
export const NO_RESULTS: Pick<Results, 'rows' | 'iterations' | 'warnings'> = { rows: [], iterations: [] };
