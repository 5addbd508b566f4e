import { add, geluNew, type Value } from '@sipf/graph';
import { attend, type AttentionParts, SEPARATE_PROJECTIONS } from './attention.ts';
import type { DecoderFamily, LayerResult } from './decoder-family.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { gemma } from './gemma.ts';
import { type LayerScope, norm, onward } from './layer-scope.ts';
import { attentionModules, gatedMlpModules, hiddenNorm } from './module-table.ts';

/**
 * Gemma 2 (Gemma Team 2024): norms before and after each half of a block; bounded scores and logits and the sliding
 * window of every other layer are the configuration's.
 */
export const gemma2: DecoderFamily = {
  ...gemma,
  modules: (config) => [
    hiddenNorm(config, 'input_layernorm'),
    ...attentionModules(config, 'o_proj', { qkv: config.attentionBias, output: config.attentionBias }),
    hiddenNorm(config, 'post_attention_layernorm'),
    hiddenNorm(config, 'pre_feedforward_layernorm'),
    ...gatedMlpModules(config),
    hiddenNorm(config, 'post_feedforward_layernorm'),
  ],
  layer: (scope, x) => sandwichLayer(scope, x, SEPARATE_PROJECTIONS),
};

/** A block whose two halves are normalised before and after; x [B * T, D]. */
export function sandwichLayer(scope: LayerScope, x: Value, parts: AttentionParts): LayerResult {
  const { output: attended, present } = attend(scope, norm(scope, x, 'input_layernorm'), parts);
  const middle = add(onward(scope, x), norm(scope, attended, 'post_attention_layernorm'));
  const fed = gatedFeedForward(scope, norm(scope, middle, 'pre_feedforward_layernorm'), geluNew);
  return { output: add(middle, norm(scope, fed, 'post_feedforward_layernorm')), present };
}
