import { z } from 'zod';
import { BOUNDS, withZero } from '../bounds.ts';
import { describeRelation, isRelated, RELATIONS } from '../relations.ts';
import { bounded, path } from '../settings/fields.ts';

/** A data set that no training question is like (METHOD.md, Tasks). */
const outOfDomain = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('mmlu-math'),
    data: z
      .array(path)
      .min(1)
      .describe(
        "MMLU's test files of college, high-school and elementary mathematics; questions with a number as answer stay",
      ),
  }),
  z.strictObject({
    name: z.literal('humaneval'),
    data: path.describe('HumanEval.jsonl or HumanEval.jsonl.gz'),
  }),
  z.strictObject({
    name: z.literal('harder'),
    questions: bounded(BOUNDS.problems).describe(
      'generated questions of longer chains than any to train on; for the bundled tasks',
    ),
  }),
]);

/** Which k of Pass@k, majority and best-of-k are reported, from how many samples. */
const samples = z
  .strictObject({
    count: bounded(BOUNDS.samples).describe('samples of each question'),
    temperature: bounded(BOUNDS.temperature).optional().describe('that of sampling by default'),
    k: z.array(bounded(BOUNDS.samples)).min(1).optional().describe('1 and count by default'),
  })
  .refine(({ count, k = [] }) => k.every((value) => isRelated(value, count, RELATIONS.k)), {
    path: ['k'],
    message: describeRelation(RELATIONS.k),
  })
  .describe(
    'Pass@k, majority vote and best of k by the verifier, on the test questions; greedy accuracy alone by default',
  );

/** How the models of a run are measured. */
export const evaluation = z
  .strictObject({
    maxNewTokens: bounded(BOUNDS.maxNewTokens).describe('longest answer in tokens'),
    validationQuestions: bounded(withZero(BOUNDS.problems))
      .default(0)
      .describe(
        'training questions that are kept out of training and measured ' +
          'as validation: what learning rates and weights are chosen by',
      ),
    samples: samples.optional(),
    outOfDomain: z.array(outOfDomain).default([]).describe('more data sets for greedy accuracy'),
  })
  .describe('how models are measured');

/** A data set out of domain, as a run's configuration names it. */
export type OutOfDomain = z.infer<typeof outOfDomain>;
