import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { verifierHeadNamed } from '../training-names.ts';
import { quantisation } from './adapter.ts';
import { bounded, wordIn } from './fields.ts';

/** The weights of the objectives on pairs, each of which reads its own (Eqs. 7-8). */
export const preferenceShape = {
  lambda: bounded(BOUNDS.lambda).default(0.1).describe('orpo: weight of the odds-ratio term'),
  beta: bounded(BOUNDS.beta).default(0.1).describe('dpo, rpo: strength of the reference'),
  nllWeight: bounded(BOUNDS.nllWeight).default(1).describe('rpo: weight of the likelihood term'),
  nll: z
    .enum(['completion', 'sequence'])
    .default('completion')
    .describe('orpo: likelihood of the completion or of the whole sequence'),
} as const;

/** What a reward model's training learns from, and by which head (Eqs. 3-4). */
export const rewardShape = {
  head: wordIn(verifierHeadNamed)
    .default('hidden')
    .describe("reward models: the hidden state alone, or with the path's smallest token log-probability"),
  labels: z
    .enum(['hard', 'soft'])
    .default('hard')
    .describe('reward models: right or wrong, or the share of roll-outs that reach the answer'),
  quantisation: quantisation.describe('how the decoder is kept where the head alone is trained'),
} as const;
