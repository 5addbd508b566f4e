import { createRng } from '@sipf/random';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DecoderConfig } from '../../config/decoder-config.ts';
import { parameterShapes } from '../../families/registry.ts';
import { elementCount, type HostTensor } from '../host-tensor.ts';

/** The smallest Llama that has every part: one layer, grouped-query attention, untied embeddings. */
export const TINY_CONFIG: DecoderConfig = {
  modelType: 'llama',
  hiddenSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  numKeyValueHeads: 1,
  headDim: 4,
  intermediateSize: 12,
  vocabSize: 16,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: false,
  maxPositionEmbeddings: 32,
  rope: { kind: 'default', theta: 10_000 },
  attentionBias: false,
  mlpBias: false,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
  head: 'lm',
};

/** Random float32 tensors of these shapes. */
export function randomTensors(shapes: ReadonlyMap<string, readonly number[]>): Map<string, HostTensor> {
  const rng = createRng('tiny model');
  return new Map(
    [...shapes].map(([name, shape]) => {
      const values = rng.split(name);
      const data = Float32Array.from({ length: elementCount(shape) }, () => values.normal());
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
}

/** Random weights of a configuration. */
export function tinyWeights(config: DecoderConfig = TINY_CONFIG): Map<string, HostTensor> {
  return randomTensors(parameterShapes(config));
}

/** Writes a tokenizer of `words` whole words beside three special tokens. */
export function writeTinyTokenizer(dir: string, words: number): void {
  const special = ['<pad>', '<s>', '</s>'];
  const tokens = [...special, ...Array.from({ length: words }, (_, word) => `w${word}`)];
  const tokenizer = {
    added_tokens: special.map((content, id) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
  };
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(tokenizer));
  const config = { bos_token: '<s>', eos_token: { content: '</s>' }, pad_token: '<pad>' };
  writeFileSync(join(dir, 'tokenizer_config.json'), JSON.stringify(config));
}
