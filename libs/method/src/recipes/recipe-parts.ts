import type { Recipe, Stage } from './recipe.ts';

/** Greedy accuracy of a tuned model, asked without worked examples. */
export const evaluate: Stage = { kind: 'evaluate', prompt: 'zero-shot' };

/** M_0 and its row of the table: the start of every method with a loop. */
export const supervisedStart: readonly Stage[] = [
  { kind: 'sft', initialise: 'base', data: ['solutions'] },
  evaluate,
];

/** Eq. 1 at a temperature. */
export const sample: Stage = { kind: 'sample', decoding: 'sampled' };

/** Eqs. 2-5: labels, a verifier that is trained once, and a reward for every path. */
export const processFeedback: readonly Stage[] = [
  { kind: 'label', when: 'first-iteration' },
  { kind: 'train-verifier', reward: 'process', when: 'first-iteration' },
  { kind: 'score' },
];

/** The most rounds of a method without a fixed number. */
const manyRounds = 20;

/** What a recipe of the paper's loops says for itself; each starts from M_0 and ends every round with an evaluation. */
export type Loop = Pick<Recipe, 'name' | 'title' | 'description' | 'source'> & {
  /** Every round, the evaluation at its end excepted. */
  readonly stages: readonly Stage[];
};

/** A method of one round on M_0. */
export function oneRound({ stages, ...recipe }: Loop): Recipe {
  const loop = [...stages, evaluate];
  return { ...recipe, setup: supervisedStart, loop, defaultIterations: 1, maxIterations: 1 };
}

/** A method that is repeated on M_0, M_1, ... @param defaultIterations rounds when the user names no number */
export function iterated({ stages, ...recipe }: Loop, defaultIterations: number): Recipe {
  const loop = [...stages, evaluate];
  return { ...recipe, setup: supervisedStart, loop, defaultIterations, maxIterations: manyRounds };
}
