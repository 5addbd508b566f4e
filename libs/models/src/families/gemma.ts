import { add, geluNew } from '@sipf/graph';
import { attend } from './attention.ts';
import type { DecoderFamily } from './decoder-family.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { norm, onward } from './layer-scope.ts';
import { gatedBlockModules } from './module-table.ts';

/**
 * Gemma (Gemma Team 2024): Llama's block with norms by 1 + w, a GeGLU feed-forward, and embeddings times sqrt(D), which
 * the tied LM head does not see.
 */
export const gemma: DecoderFamily = {
  norm: 'rms-offset',
  finalNorm: 'model.norm',
  modules: (config) => gatedBlockModules(config),
  embeddingScale: ({ hiddenSize }) => Math.sqrt(hiddenSize),
  layer(scope, x) {
    const { output: attended, present } = attend(scope, norm(scope, x, 'input_layernorm'));
    const middle = add(onward(scope, x), attended);
    const fed = gatedFeedForward(scope, norm(scope, middle, 'post_attention_layernorm'), geluNew);
    return { output: add(middle, fed), present };
  },
};
