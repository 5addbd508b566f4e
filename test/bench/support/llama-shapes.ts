import type { DecoderConfig } from '@sipf/models';

/** Sizes of a Llama, see DecoderConfig. */
export interface LlamaShape {
  readonly D: number;
  readonly L: number;
  readonly H: number;
  readonly K: number;
  readonly F: number;
  readonly V: number;
}

/** The shapes that are measured. */
export const LLAMA_SHAPES = {
  /** The policy of the bundled task, 0.16 M parameters. */
  policy: { D: 64, L: 3, H: 4, K: 4, F: 172, V: 71 },
  /** 5.5 M parameters. */
  small: { D: 256, L: 6, H: 4, K: 4, F: 704, V: 2048 },
  /** SmolLM2-135M. */
  smol: { D: 576, L: 30, H: 9, K: 3, F: 1536, V: 49_152 },
  /** TinyLlama, with the head tied to the embedding: 1.03 billion parameters. */
  tinyllama: { D: 2048, L: 22, H: 32, K: 4, F: 5632, V: 32_000 },
  /** A large vocabulary on a small decoder. */
  wide: { D: 256, L: 2, H: 4, K: 4, F: 704, V: 256_000 },
} satisfies Record<string, LlamaShape>;
export type ShapeName = keyof typeof LLAMA_SHAPES;

/** A tied Llama of this shape. */
export function llamaConfig({ D, L, H, K, F, V }: LlamaShape): DecoderConfig {
  return {
    modelType: 'llama',
    hiddenSize: D,
    numHiddenLayers: L,
    numAttentionHeads: H,
    numKeyValueHeads: K,
    headDim: D / H,
    intermediateSize: F,
    vocabSize: V,
    rmsNormEps: 1e-5,
    tieWordEmbeddings: true,
    maxPositionEmbeddings: 1024,
    rope: { kind: 'default', theta: 10_000 },
    attentionBias: false,
    mlpBias: false,
    bosTokenId: 1,
    eosTokenIds: [2],
    padTokenId: 0,
    head: 'lm',
  };
}
