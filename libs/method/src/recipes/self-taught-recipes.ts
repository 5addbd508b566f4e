import { iterated, oneRound, processFeedback, sample } from './recipe-parts.ts';
import type { KeptPaths, Recipe, Stage } from './recipe.ts';

/** Own paths are learnt from beside the solutions, from the pre-trained model on, as Yuan et al. and Singh et al. do. */
const tune: Stage = { kind: 'sft', initialise: 'base', data: ['solutions', 'own-paths'] };
const keep = (by: KeptPaths, accumulate: boolean): Stage => ({ kind: 'filter', by, accumulate });

const rejectionSampling = [sample, keep('outcome', true), tune];
const rewardedSampling = [sample, ...processFeedback, keep('outcome-and-reward', true), tune];

/** Rejection sampling fine-tuning. */
export const rftRecipe: Recipe = oneRound({
  name: 'rft',
  title: 'RFT',
  description: 'Fine-tuned on the solutions and on own paths that are right, each once.',
  source: 'Yuan et al., 2023; METHOD.md, Eq. 1',
  stages: rejectionSampling,
});

/** RFT on highly rewarded paths. */
export const prftRecipe: Recipe = oneRound({
  name: 'prft',
  title: 'pRFT',
  description: 'RFT with those right paths alone that the verifier rewards highly.',
  source: 'Chen et al., 2025, appendix A.3; METHOD.md, Eqs. 1-5',
  stages: rewardedSampling,
});

/** RFT, repeated (figure 4). */
export const iteratedRftRecipe: Recipe = iterated(
  {
    name: 'rft-iterated',
    title: 'RFT iterated',
    description: 'RFT, each round on the paths of all rounds so far.',
    source: 'Singh et al., 2024 (ReST-EM); Chen et al., 2025, figure 4; METHOD.md, Eq. 1',
    stages: rejectionSampling,
  },
  3,
);

/** pRFT, repeated (figure 4). */
export const iteratedPrftRecipe: Recipe = iterated(
  {
    name: 'prft-iterated',
    title: 'pRFT iterated',
    description: 'pRFT, each round on the paths of all rounds so far.',
    source: 'Chen et al., 2025, figure 4; METHOD.md, Eqs. 1-5',
    stages: rewardedSampling,
  },
  3,
);

/** STaR without rationalisation, which the paper leaves out too. */
export const starRecipe: Recipe = {
  ...iterated(
    {
      name: 'star',
      title: 'STaR',
      description: 'Fine-tuned on the solutions and on own greedy paths that are right, again and again.',
      source: 'Zelikman et al., 2022; Chen et al., 2025, appendix A.3 and figure 7',
      stages: [{ kind: 'sample', decoding: 'greedy' }, keep('outcome', false), tune],
    },
    4,
  ),
  maxIterations: 4,
};
