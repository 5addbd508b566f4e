import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { bounded } from './fields.ts';

/** How tokens are drawn. */
export const samplingShape = {
  temperature: bounded(BOUNDS.temperature).describe('softmax temperature').optional(),
  topK: bounded(BOUNDS.topK).default(0).describe('keep the k most probable tokens; 0 keeps all'),
  topP: bounded(BOUNDS.topP)
    .default(1)
    .describe('keep the smallest set of tokens with this probability mass'),
  minP: bounded(BOUNDS.minP)
    .default(0)
    .describe('drop tokens less probable than this share of the most probable one'),
  repetitionPenalty: bounded(BOUNDS.repetitionPenalty)
    .default(1)
    .describe('over 1 makes tokens that were there already less likely'),
  maxNewTokens: bounded(BOUNDS.maxNewTokens).describe('longest completion in tokens'),
} as const;

/** Roll-outs of a step, and what they must come to (Eq. 2). */
export const rolloutShape = {
  rollouts: bounded(BOUNDS.samples).default(8).describe('completions of each prefix, N of Eq. 2'),
  tau: bounded(BOUNDS.tau)
    .default(0)
    .describe('a step is right when more roll-outs than this reach the answer'),
  stopWhenDecided: z.boolean().default(false).describe('draw no roll-outs that a hard label does not need'),
} as const;

/** How tokens are drawn, with every default filled in. */
export type SamplingConfig = Omit<z.infer<z.ZodObject<typeof samplingShape>>, 'temperature'> & {
  readonly temperature: number;
};
