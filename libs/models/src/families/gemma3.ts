import { NORMALISED_HEADS } from './attention.ts';
import type { DecoderFamily } from './decoder-family.ts';
import { gemma2, sandwichLayer } from './gemma2.ts';
import { headNorms } from './module-table.ts';

/**
 * Gemma 3 as a language model (Gemma Team 2025): Gemma 2's block with normalised queries and keys; layers with a
 * sliding window have a RoPE of their own, the configuration's `localRope`.
 */
export const gemma3: DecoderFamily = {
  ...gemma2,
  modules: (config) => [...gemma2.modules(config), ...headNorms(config)],
  layer: (scope, x) => sandwichLayer(scope, x, NORMALISED_HEADS),
};
