import { z } from 'zod';
import { BOUNDS, withZero } from '../bounds.ts';
import { bounded, path } from './shared.ts';

/** A data set that no training question is like (METHOD.md, Tasks). */
const outOfDomain = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('mmlu-math'),
    /** MMLU's test files of college, high-school and elementary mathematics; questions with a number as answer stay. */
    data: z.array(path).min(1),
  }),
  z.strictObject({
    name: z.literal('humaneval'),
    /** HumanEval.jsonl or HumanEval.jsonl.gz. */
    data: path,
  }),
  z.strictObject({
    name: z.literal('harder'),
    /** Generated questions of longer chains than any to train on; for the bundled tasks. */
    questions: bounded(BOUNDS.problems),
  }),
]);

/** Which k of Pass@k, majority and best-of-k are told, from how many samples. */
const samples = z
  .strictObject({
    /** Samples of each question. */
    count: bounded(BOUNDS.samples),
    /** @default that of sampling */
    temperature: bounded(BOUNDS.temperature).optional(),
    /** @default 1 and `count` */
    k: z.array(bounded(BOUNDS.samples)).min(1).optional(),
  })
  .refine(({ count, k = [] }) => k.every((value) => value <= count), {
    path: ['k'],
    message: 'must be at most count',
  });

/** How the models of a run are measured. */
export const evaluation = z.strictObject({
  maxNewTokens: bounded(BOUNDS.maxNewTokens),
  /**
   * Training questions that are kept out of training and measured as `validation`: what learning rates and weights are
   * chosen by. @default 0
   */
  validationQuestions: bounded(withZero(BOUNDS.problems)).default(0),
  /** Pass@k, majority vote and best of k by the verifier, on the test questions; greedy accuracy alone where absent. */
  samples: samples.optional(),
  /** More data sets for greedy accuracy. @default none */
  outOfDomain: z.array(outOfDomain).default([]),
});

/** A data set out of domain, as a run's configuration names it. */
export type OutOfDomain = z.infer<typeof outOfDomain>;
