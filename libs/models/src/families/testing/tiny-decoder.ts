import type { Graph, Value } from '@sipf/graph';
import { createRng } from '@sipf/random';
import type { DecoderConfig } from '../../config/decoder-config.ts';
import { initialParameters } from '../initial-parameters.ts';
import type { ParameterSource } from '../parameter-source.ts';

/** A Llama small enough for a spec: D 8, L 2, H 4, K 2, Dh 4, F 12, V 11. */
export function tinyConfig(changes: Partial<DecoderConfig> = {}): DecoderConfig {
  return {
    modelType: 'llama',
    hiddenSize: 8,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    headDim: 4,
    intermediateSize: 12,
    vocabSize: 11,
    rmsNormEps: 1e-6,
    tieWordEmbeddings: false,
    maxPositionEmbeddings: 64,
    rope: { kind: 'default', theta: 10_000 },
    attentionBias: false,
    mlpBias: false,
    bosTokenId: 1,
    eosTokenIds: [2],
    padTokenId: 0,
    head: 'lm',
    ...changes,
  };
}

/** Its parameters, large enough that every part of the model matters. */
export function tinyParameters(config: DecoderConfig, seed = 'tiny'): Map<string, Float32Array> {
  const parameters = initialParameters(config, createRng(seed), 0.4);
  const stream = createRng(`${seed}/vectors`);
  const gains = createRng(`${seed}/gains`);
  for (const [name, values] of parameters) {
    if (name.endsWith('.bias')) values.forEach((_, index) => (values[index] = 0.1 * stream.normal()));
    if (name.endsWith('norm.weight'))
      values.forEach((gain, index) => (values[index] = gain + 0.2 * gains.normal()));
  }
  return parameters;
}

/** A parameter source that stores tensors in a graph. */
export function storedParameters(graph: Graph, tensors: ReadonlyMap<string, Float32Array>): ParameterSource {
  const known = new Map<string, Value>();
  return {
    parameter(name, shape) {
      const values = tensors.get(name);
      if (values === undefined) throw new TypeError(`no tensor ${name}`);
      const value = known.get(name) ?? graph.initializer(name, 'float32', shape.map(Number), values);
      known.set(name, value);
      return value;
    },
  };
}

/** Random token ids, row-major. */
export function batchOfIds(count: number, { vocabSize }: DecoderConfig, seed = 'ids'): number[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.integer(vocabSize));
}
