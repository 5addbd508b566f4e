import { add, silu, type Value } from '@sipf/graph';
import { attend } from './attention.ts';
import type { DecoderFamily, LayerResult } from './decoder-family.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { type LayerScope, norm, onward } from './layer-scope.ts';
import { gatedBlockModules } from './module-table.ts';

/** Llama (Touvron et al. 2023): pre-norm blocks of grouped-query attention with RoPE and a SwiGLU feed-forward. */
export const llama: DecoderFamily = {
  norm: 'rms',
  finalNorm: 'model.norm',
  modules: (config) =>
    gatedBlockModules(config, {
      qkv: config.attentionBias,
      output: config.attentionBias,
      mlp: config.mlpBias,
    }),
  layer,
};

function layer(scope: LayerScope, x: Value): LayerResult {
  const { output: attended, present } = attend(scope, norm(scope, x, 'input_layernorm'));
  const middle = add(onward(scope, x), attended);
  const fed = gatedFeedForward(scope, norm(scope, middle, 'post_attention_layernorm'), silu);
  return { output: add(middle, fed), present };
}
