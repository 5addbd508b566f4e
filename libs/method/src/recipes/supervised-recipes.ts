import { evaluate, oneRound, supervisedStart } from './recipe-parts.ts';
import type { Recipe } from './recipe.ts';

const withoutLoop = { loop: [], defaultIterations: 0, maxIterations: 0 } as const;

/** The pre-trained model with worked examples in the prompt. */
export const cotRecipe: Recipe = {
  name: 'cot',
  title: 'CoT',
  description: 'The pre-trained model, shown worked examples.',
  source: 'Wei et al., 2022; METHOD.md, Methods',
  setup: [{ kind: 'evaluate', prompt: 'few-shot' }],
  ...withoutLoop,
};

/** The pre-trained model without worked examples: the paper's row for code. */
export const zeroShotCotRecipe: Recipe = {
  name: 'cot-zero-shot',
  title: 'CoT (zero-shot)',
  description: 'The pre-trained model, asked as the tuned ones are.',
  source: 'Chen et al., 2025, appendix A.3; METHOD.md, Methods',
  setup: [evaluate],
  ...withoutLoop,
};

/** Supervised fine-tuning on D_0: M_0. */
export const sftRecipe: Recipe = {
  name: 'sft',
  title: 'SFT',
  description: 'Fine-tuned on the solved problems.',
  source: 'Chen et al., 2025, Algorithm 1: M_0 = SFT(M, D_0)',
  setup: supervisedStart,
  ...withoutLoop,
};

/** What every gain of a loop is to be compared with: the same data for longer. */
export const continuedSftRecipe: Recipe = oneRound({
  name: 'sft-continued',
  title: 'SFT continued',
  description: 'M_0, trained on the solved problems for longer: what the gain of a loop is compared with.',
  source: 'RECIPE.md, honest limits: a mandatory row of the table',
  stages: [{ kind: 'sft', initialise: 'previous', data: ['solutions'] }],
});
