import { SipfError } from '@sipf/errors';
import type { Recipe, Stage } from './recipe.ts';

const evaluate: Stage = { kind: 'evaluate', prompt: 'zero-shot' };
const supervised: Stage = { kind: 'sft', initialise: 'base', data: ['solutions'] };

/** The pre-trained model with worked examples in the prompt. */
export const cotRecipe: Recipe = {
  name: 'cot',
  title: 'CoT',
  description: 'The pre-trained model, shown worked examples.',
  setup: [{ kind: 'evaluate', prompt: 'few-shot' }],
  loop: [],
  defaultIterations: 0,
  maxIterations: 0,
};

/** Supervised fine-tuning on D_0: M_0. */
export const sftRecipe: Recipe = {
  name: 'sft',
  title: 'SFT',
  description: 'Fine-tuned on the solved problems.',
  setup: [supervised, evaluate],
  loop: [],
  defaultIterations: 0,
  maxIterations: 0,
};

/** Algorithm 1 with METHOD.md's choices: verifier trained once, M_k from M_{k-1}, pairs accumulate, K = 3. */
export const sipfRecipe: Recipe = {
  name: 'sipf',
  title: 'SIPF',
  description: 'Own paths, scored step by step, aligned by ORPO, again and again.',
  setup: [supervised, evaluate],
  loop: [
    { kind: 'sample', decoding: 'sampled', keep: 'both-outcomes', accumulate: false },
    { kind: 'label', when: 'first-iteration' },
    { kind: 'train-verifier', reward: 'process', when: 'first-iteration' },
    { kind: 'score' },
    { kind: 'pair', pairing: 'outcome-and-reward', accumulate: true },
    { kind: 'align', objective: 'orpo', initialise: 'previous' },
    evaluate,
  ],
  defaultIterations: 3,
  maxIterations: 20,
};

/** Every recipe that comes with the project, by its name. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(
  [cotRecipe, sftRecipe, sipfRecipe].map((recipe) => [recipe.name, recipe]),
);

/**
 * The recipe of that name.
 * @throws SipfError `not-found`, reason `RECIPE_UNKNOWN`
 */
export function recipeNamed(name: string): Recipe {
  const recipe = recipes.get(name);
  if (recipe !== undefined) return recipe;
  const known = [...recipes.keys()].join(', ');
  throw new SipfError('not-found', `no recipe is called ${JSON.stringify(name)}; known recipes: ${known}`, {
    reason: 'RECIPE_UNKNOWN',
  });
}
