import { add, silu } from '@sipf/graph';
import { attend } from './attention.ts';
import type { DecoderFamily } from './decoder-family.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { norm, onward } from './layer-scope.ts';
import { hiddenNorm } from './module-table.ts';

const ATTENTION = { inputs: ['self_attn.qkv_proj'], output: 'self_attn.o_proj' };
const FEED_FORWARD = { inputs: ['mlp.gate_up_proj'], output: 'mlp.down_proj' };

/** Phi-3 and Phi-4-mini (Abdin et al. 2024): Llama's block, its projections stored as one tensor each. */
export const phi3: DecoderFamily = {
  norm: 'rms',
  finalNorm: 'model.norm',
  modules(config) {
    const { hiddenSize: D, intermediateSize: F, headDim: Dh } = config;
    const { numAttentionHeads: H, numKeyValueHeads: K } = config;
    return [
      hiddenNorm(config, 'input_layernorm'),
      { name: 'self_attn.qkv_proj', shape: [(H + 2 * K) * Dh, D] },
      { name: 'self_attn.o_proj', shape: [D, H * Dh] },
      hiddenNorm(config, 'post_attention_layernorm'),
      { name: 'mlp.gate_up_proj', shape: [2 * F, D] },
      { name: 'mlp.down_proj', shape: [D, F] },
    ];
  },
  layer(scope, x) {
    const { output: attended, present } = attend(scope, norm(scope, x, 'input_layernorm'), ATTENTION);
    const middle = add(onward(scope, x), attended);
    const normed = norm(scope, middle, 'post_attention_layernorm');
    return { output: add(middle, gatedFeedForward(scope, normed, silu, FEED_FORWARD)), present };
  },
};
