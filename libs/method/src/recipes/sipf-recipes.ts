import type { Pairing } from '../pairs/preference-pairs.ts';
import { iterated, processFeedback, sample } from './recipe-parts.ts';
import type { Recipe, Stage } from './recipe.ts';

const pair = (pairing: Pairing): Stage => ({ kind: 'pair', pairing, accumulate: true });
const orpo: Stage = { kind: 'align', objective: 'orpo', initialise: 'previous' };
const withoutOddsRatio: Stage = { ...orpo, objective: 'nll-chosen' };
const rewardedPairs = [sample, ...processFeedback, pair('outcome-and-reward')];
const outcomePairs = [sample, pair('outcome')];

/** Algorithm 1 with METHOD.md's choices: verifier trained once, M_k from M_{k-1}, pairs accumulate, K = 3. */
export const sipfRecipe: Recipe = iterated(
  {
    name: 'sipf',
    title: 'SIPF',
    description: 'Own paths, scored step by step, aligned by ORPO, again and again.',
    source: 'Chen et al., 2025, Algorithm 1, Eqs. 1-8; table 4, with iterations',
    stages: [...rewardedPairs, orpo],
  },
  3,
);

/** SIPF by outcomes alone. */
export const siofRecipe: Recipe = iterated(
  {
    name: 'siof',
    title: 'SIOF',
    description: 'SIPF without process feedback: right paths against wrong ones.',
    source: 'Chen et al., 2025, figure 4; METHOD.md, Eqs. 1 and 6-8',
    stages: [...outcomePairs, orpo],
  },
  3,
);

/** SIPF by an outcome reward model. */
export const sipfOrmRecipe: Recipe = iterated(
  {
    name: 'sipf-orm',
    title: 'SIPF (ORM)',
    description: 'SIPF with a verifier that was trained on outcomes alone.',
    source: 'Chen et al., 2025, table 3; METHOD.md, Eqs. 3-4: one label a path',
    stages: [
      sample,
      { kind: 'train-verifier', reward: 'outcome', when: 'first-iteration' },
      { kind: 'score' },
      pair('outcome-and-reward'),
      orpo,
    ],
  },
  3,
);

/** The ablations of table 4 beside SIPF itself, whose first round is their reference. */
export const ablationRecipes: readonly Recipe[] = [
  iterated(
    {
      name: 'sipf-without-process',
      title: 'SIPF without process feedback',
      description: 'Table 4: pairs by outcome alone, which is the first round of SIOF.',
      source: 'Chen et al., 2025, table 4; METHOD.md, Eqs. 1 and 6-8',
      stages: [...outcomePairs, orpo],
    },
    1,
  ),
  iterated(
    {
      name: 'sipf-without-odds-ratio',
      title: 'SIPF without odds ratio',
      description: "Table 4: the chosen paths' likelihood alone.",
      source: 'Chen et al., 2025, table 4; METHOD.md, Eqs. 1-7 with lambda = 0',
      stages: [...rewardedPairs, withoutOddsRatio],
    },
    1,
  ),
  iterated(
    {
      name: 'sipf-without-both',
      title: 'SIPF without both',
      description: "Table 4: pairs by outcome alone, and of them the chosen paths' likelihood alone.",
      source: 'Chen et al., 2025, table 4; METHOD.md, Eqs. 1, 6 and 7 with lambda = 0',
      stages: [...outcomePairs, withoutOddsRatio],
    },
    1,
  ),
];
