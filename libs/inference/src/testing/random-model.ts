import { parameterShapes, type DecoderConfig } from '@sipf/models';
import { createRng } from '@sipf/random';
import type { MemorySource } from '../weights/model-source.ts';

/** The bundled task's policy (RECIPE.md): about 156 thousand parameters. */
export const RECIPE_POLICY: DecoderConfig = {
  modelType: 'llama',
  hiddenSize: 64,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  numKeyValueHeads: 4,
  headDim: 16,
  intermediateSize: 172,
  vocabSize: 71,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositionEmbeddings: 256,
  rope: { kind: 'default', theta: 10_000 },
  attentionBias: false,
  mlpBias: false,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
  head: 'lm',
};

/** A model of random weights: norms around 1, everything else normal with the given deviation. */
export function randomModel(config: DecoderConfig, seed: string, deviation = 0.08): MemorySource {
  const tensors = new Map(
    [...parameterShapes(config)].map(([name, shape]) => {
      const rng = createRng(seed).split(name);
      const centre = name.includes('norm') ? 1 : 0;
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [name, Float32Array.from({ length: size }, () => centre + deviation * rng.normal())];
    }),
  );
  return { config, tensors };
}
