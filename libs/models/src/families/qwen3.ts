import { add, silu } from '@sipf/graph';
import { attend, NORMALISED_HEADS } from './attention.ts';
import type { DecoderFamily } from './decoder-family.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { norm, onward } from './layer-scope.ts';
import { gatedBlockModules, headNorms } from './module-table.ts';

/** Qwen 3 (Yang et al. 2025): Llama's block whose queries and keys are normalised head by head before RoPE. */
export const qwen3: DecoderFamily = {
  norm: 'rms',
  finalNorm: 'model.norm',
  modules: (config) => [
    ...gatedBlockModules(config, { qkv: config.attentionBias, output: config.attentionBias }),
    ...headNorms(config),
  ],
  layer(scope, x) {
    const { output: attended, present } = attend(scope, norm(scope, x, 'input_layernorm'), NORMALISED_HEADS);
    const middle = add(onward(scope, x), attended);
    const fed = gatedFeedForward(scope, norm(scope, middle, 'post_attention_layernorm'), silu);
    return { output: add(middle, fed), present };
  },
};
