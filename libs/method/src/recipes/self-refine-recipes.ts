import { oneRound, processFeedback, sample } from './recipe-parts.ts';
import type { Recipe, Stage } from './recipe.ts';

const pairByOutcome: Stage = { kind: 'pair', pairing: 'outcome', accumulate: true };
const pairByReward: Stage = { kind: 'pair', pairing: 'outcome-and-reward', accumulate: true };
const align = (objective: 'dpo' | 'rpo'): Stage => ({ kind: 'align', objective, initialise: 'previous' });

/** DPO on own right and wrong paths; its reference is M_0, its start. */
export const srfRecipe: Recipe = oneRound({
  name: 'srf',
  title: 'SRF',
  description: "DPO on right against wrong paths of SIPF's first round of samples.",
  source: 'Rafailov et al., 2023, Eq. 7 (DPO); Yuan et al., 2024; METHOD.md, Eqs. 1 and 6',
  stages: [sample, pairByOutcome, align('dpo')],
});

/** SRF on pairs that the verifier agrees with. */
export const psrfRecipe: Recipe = oneRound({
  name: 'psrf',
  title: 'pSRF',
  description: 'SRF with those pairs alone whose rewards differ by more than the margin.',
  source: 'Rafailov et al., 2023, Eq. 7 (DPO); Chen et al., 2025, appendix A.3; METHOD.md, Eqs. 1-6',
  stages: [sample, ...processFeedback, pairByReward, align('dpo')],
});

/** DPO with the chosen paths' likelihood. */
export const rpoRecipe: Recipe = oneRound({
  name: 'rpo',
  title: 'RPO',
  description: "DPO and the chosen paths' likelihood, on the pairs of SRF.",
  source: 'Pang et al., 2024; METHOD.md, Eqs. 1 and 6',
  stages: [sample, pairByOutcome, align('rpo')],
});
