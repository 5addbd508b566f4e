import { z } from 'zod';
import { path, positiveInteger } from './shared.ts';

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
    questions: positiveInteger,
  }),
]);

/** Which k of Pass@k, majority and best-of-k are told, from how many samples. */
const samples = z
  .strictObject({
    /** Samples of each question. */
    count: positiveInteger.max(1024),
    /** @default that of sampling */
    temperature: z.number().positive().max(100).optional(),
    /** @default 1 and `count` */
    k: z.array(positiveInteger).min(1).optional(),
  })
  .refine(({ count, k = [] }) => k.every((value) => value <= count), {
    path: ['k'],
    message: 'must be at most count',
  });

/** How the models of a run are measured. */
export const evaluation = z.strictObject({
  maxNewTokens: positiveInteger.max(65_536),
  /**
   * Training questions that are kept out of training and measured as `validation`: what learning rates and weights are
   * chosen by. @default 0
   */
  validationQuestions: z.int().min(0).default(0),
  /** Pass@k, majority vote and best of k by the verifier, on the test questions; greedy accuracy alone where absent. */
  samples: samples.optional(),
  /** More data sets for greedy accuracy. @default none */
  outOfDomain: z.array(outOfDomain).default([]),
});

/** A data set out of domain, as a run's configuration names it. */
export type OutOfDomain = z.infer<typeof outOfDomain>;
