import { z } from 'zod';
import { BOUNDS } from '../bounds.ts';
import { quantisationNamed } from '../training-names.ts';
import { bounded, wordIn } from './fields.ts';

/** How frozen linear weights are kept. */
export const quantisation = wordIn(quantisationNamed).default('none');

/** LoRA instead of training every parameter. */
export const adapterShape = {
  rank: bounded(BOUNDS.loraRank).describe('train a LoRA adapter of this rank instead of all parameters'),
  alpha: bounded(BOUNDS.loraAlpha).describe('the adapter counts by alpha / rank'),
  dropout: bounded(BOUNDS.loraDropout).default(0).describe('dropout before the adapter'),
  targetModules: z
    .array(z.string().min(1))
    .default([])
    .describe('e.g. q_proj v_proj; default: every linear layer but the head'),
  quantisation: quantisation.describe('how the frozen base is kept meanwhile, as QLoRA does'),
  modulesToSave: z
    .array(z.string().min(1))
    .default([])
    .describe('trained whole beside the adapter and saved with it: embed_tokens, lm_head'),
} as const;

/** {@link adapterShape} as a section of a run's configuration. */
export const adapter = z.strictObject(adapterShape);

/** An adapter's settings with every default filled in. */
export type AdapterConfig = z.infer<typeof adapter>;
