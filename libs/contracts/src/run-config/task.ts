import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { bounded, path } from '../settings/fields.ts';

const problems = bounded(BOUNDS.problems);

/** Problems of a bundled task, which are generated. */
const generated = (counts: { train: number; loop: number; test: number; simulator: number }) => ({
  trainProblems: problems.default(counts.train).describe('solved problems for SFT, D_0'),
  loopQuestions: problems
    .default(counts.loop)
    .describe('questions of the loop, with answers or tests but no solutions'),
  testQuestions: problems.default(counts.test).describe('questions that models are measured by'),
  simulatorProblems: problems.default(counts.simulator).describe('solved problems for the simulator'),
});

/** Bounds on problems that are read from files. */
const read = {
  trainProblems: problems.optional().describe('only so many problems for SFT; all of them by default'),
  loopQuestions: problems.optional().describe('only so many questions of the loop; all of them by default'),
  testQuestions: problems.optional().describe('only so many test questions; all of them by default'),
};

/** What is learnt, and from which problems. */
export const task = z
  .discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('arithmetic'),
      ...generated({ train: 900, loop: 1500, test: 1000, simulator: 4000 }),
    }),
    z.strictObject({
      name: z.literal('programs'),
      ...generated({ train: 400, loop: 400, test: 300, simulator: 2000 }),
    }),
    z.strictObject({
      name: z.literal('mbpp'),
      data: path.describe(
        'mbpp.jsonl, whose ids say what is for training (601-974) and what for the ' +
          'test (11-510); each problem is asked in six ways, which count one by one',
      ),
      ...read,
    }),
    z.strictObject({
      name: z.literal('gsm8k'),
      train: path.describe('train.jsonl'),
      test: path.describe('test.jsonl'),
      ...read,
      exemplars: path.optional().describe("worked examples of the few-shot CoT row, in Wei et al.'s format"),
    }),
  ])
  .describe('what is learnt, and from which problems');
