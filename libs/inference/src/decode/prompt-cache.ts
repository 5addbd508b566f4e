/** Keys and values of a prompt's first tokens, one entry a layer; shared by all samples of the prompt. */
export interface PromptCache {
  /** Number of tokens held: the prompt without its last token, which is the first decode step's input. */
  readonly length: number;
  readonly layers: readonly LayerCache[];
}

/** Keys and values of one layer, row-major, RoPE applied to the keys; [K, length, Dh] each in a prompt's cache. */
export interface LayerCache {
  readonly key: Float32Array;
  readonly value: Float32Array;
}

/** The parts of a decoder's shape that its cache has. */
export interface CacheShape {
  /** L */
  readonly layers: number;
  /** K */
  readonly heads: number;
  /** Dh */
  readonly headDim: number;
}

/** The cache of a prompt of one token: nothing has been read yet. */
export function emptyPromptCache(shape: CacheShape): PromptCache {
  const none = new Float32Array(0);
  return { length: 0, layers: Array.from({ length: shape.layers }, () => ({ key: none, value: none })) };
}
