import { addAll, geluNew } from '@sipf/graph';
import { attend, SEPARATE_PROJECTIONS } from './attention.ts';
import type { DecoderFamily } from './decoder-family.ts';
import { linear, norm, onward } from './layer-scope.ts';
import { attentionModules, hiddenNorm } from './module-table.ts';

const PARTS = { ...SEPARATE_PROJECTIONS, output: 'self_attn.dense' };

/**
 * Phi-1, 1.5 and 2 (Li et al. 2023): attention and feed-forward side by side after one LayerNorm, biases everywhere,
 * RoPE on the first part of a head.
 */
export const phi: DecoderFamily = {
  norm: 'layer',
  finalNorm: 'model.final_layernorm',
  modules: (config) => [
    hiddenNorm(config, 'input_layernorm'),
    ...attentionModules(config, 'dense', { qkv: true, output: true }),
    { name: 'mlp.fc1', shape: [config.intermediateSize, config.hiddenSize], bias: true },
    { name: 'mlp.fc2', shape: [config.hiddenSize, config.intermediateSize], bias: true },
  ],
  layer(scope, x) {
    const normed = norm(scope, x, 'input_layernorm');
    const { output: attended, present } = attend(scope, normed, PARTS);
    const fed = linear(scope, geluNew(linear(scope, onward(scope, normed), 'mlp.fc1')), 'mlp.fc2');
    return { output: addAll([attended, fed, onward(scope, x)]), present };
  },
};
