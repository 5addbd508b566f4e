import { initialParameters, type DecoderConfig, type HeadConfig } from '@sipf/models';
import { createRng } from '@sipf/random';
import type { TinyModel } from '@sipf/serving/testing';
import { arithmeticVocabularySize, buildArithmeticTokenizer, specialTokenIds } from '@sipf/tasks';
import { BYTE_VOCABULARY, byteTokenizer } from './byte-tokenizer.ts';

/** What {@link tinyLlama} is made of. */
export interface TinyLlamaOptions {
  /** Another seed is another model. */
  readonly seed: string;
  /** `bytes`: any text, one token a byte; `arithmetic`: the words of the arithmetic task. @default 'bytes' */
  readonly tokens?: 'bytes' | 'arithmetic';
  /** @default 'lm' */
  readonly head?: HeadConfig;
  /** Longest sequence, in tokens. @default 256 */
  readonly maxLength?: number;
  /** Width of its feed-forward; bitsandbytes quantises rows of whole blocks of 64 alone on a CPU. @default 96 */
  readonly intermediateSize?: number;
}

/** A Llama of random weights with heads of 32, the smallest that vLLM's attention on CPUs takes. */
export function tinyLlama(options: TinyLlamaOptions): TinyModel {
  const { seed, tokens = 'bytes', head = 'lm', maxLength = 256, intermediateSize = 96 } = options;
  const config: DecoderConfig = {
    ...{ modelType: 'llama', hiddenSize: 64, numHiddenLayers: 2, numAttentionHeads: 2, numKeyValueHeads: 1 },
    ...{ headDim: 32, intermediateSize, rmsNormEps: 1e-5, tieWordEmbeddings: true },
    vocabSize: tokens === 'bytes' ? BYTE_VOCABULARY : arithmeticVocabularySize,
    maxPositionEmbeddings: maxLength,
    rope: { kind: 'default', theta: 10_000 },
    ...{ attentionBias: false, mlpBias: false, head },
    ...{ bosTokenId: specialTokenIds.bos, eosTokenIds: [specialTokenIds.eos] },
    padTokenId: specialTokenIds.pad,
  };
  const rng = createRng(seed);
  const tokenizer = tokens === 'bytes' ? byteTokenizer() : buildArithmeticTokenizer(maxLength);
  return { config, parameters: withHead(initialParameters(config, rng, 0.3), seed), tokenizer };
}

/** A fresh head is zero or close to it; a trained one is not. */
function withHead(
  parameters: ReadonlyMap<string, Float32Array>,
  seed: string,
): ReadonlyMap<string, Float32Array> {
  return new Map(
    [...parameters].map(([name, values]) => {
      if (!name.startsWith('score')) return [name, values];
      const draws = createRng(seed).split(`test/${name}`);
      return [name, values.map(() => draws.normal())];
    }),
  );
}
