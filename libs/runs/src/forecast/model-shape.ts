/** What a forecast needs to know of a decoder; sizes in elements. */
export interface ModelShape {
  readonly name: string;
  readonly parameters: number;
  /** Those of a language model's head that is a matrix of its own; 0 where it is the embedding, or there is another head. */
  readonly lmHead: number;
  /** Bytes of an element in the model's folder, where it was opened. */
  readonly storedBytes?: number | undefined;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  /** Longest sequence in tokens. */
  readonly maxTokens: number;
  /** Whether a feed-forward has a gate: three products instead of two. */
  readonly gated: boolean;
}

/** Width of all query heads and of all key heads, in elements. */
function widths({ heads, kvHeads, headDim }: ModelShape): { readonly q: number; readonly kv: number } {
  return { q: heads * headDim, kv: kvHeads * headDim };
}

/** In and out widths of every linear layer of one decoder layer, in elements: q, k, v, o, and the feed-forward's. */
export function linears(shape: ModelShape): (readonly [number, number])[] {
  const { hiddenSize: h, intermediateSize: i, gated } = shape;
  const { q, kv } = widths(shape);
  const forward = [[h, i] as const, ...(gated ? [[h, i] as const] : []), [i, h] as const];
  return [[h, q], [h, kv], [h, kv], [q, h], ...forward];
}

/** Elements of the linear layers of all layers, which QLoRA keeps in 4 bits: sum of in x out, times layers. */
export function linearParameters(shape: ModelShape): number {
  return shape.layers * linears(shape).reduce((sum, [a, b]) => sum + a * b, 0);
}

/** Elements of a LoRA adapter on every linear layer: rank x (in + out), times layers. */
export function adapterParameters(shape: ModelShape, rank: number): number {
  return shape.layers * rank * linears(shape).reduce((sum, [a, b]) => sum + a + b, 0);
}

/** Bytes of the keys and values of one token: 2 x layers x key heads x width of a head x bytes of an element. */
export function kvBytesPerToken(shape: ModelShape, bytes: number): number {
  return 2 * shape.layers * widths(shape).kv * bytes;
}

/**
 * Bytes that the backward pass needs of one token in one layer: both norms' inputs and outputs (4 hidden), queries, keys,
 * values and their rotated forms, the attention's output (flash attention keeps no weights), the feed-forward's (4 or 2
 * intermediate), and of an adapter each input after dropout, its mask (a byte) and the product with A.
 * @param bytes of an element
 * @param rank of the adapter; 0 for none
 */
export function activationBytes(shape: ModelShape, bytes: number, rank: number): number {
  const { hiddenSize: h, intermediateSize: i, gated } = shape;
  const { q, kv } = widths(shape);
  const plain = 4 * h + (q + 2 * kv) + (q + kv) + q + (gated ? 4 : 2) * i;
  if (rank === 0) return plain * bytes;
  const dropped = linears(shape).reduce((sum, [input]) => sum + input, 0);
  return (plain + dropped + linears(shape).length * rank) * bytes + dropped;
}

/** Elements of a verifier's head on the hidden state: two labels, each with its bias. */
export function scoreParameters({ hiddenSize }: ModelShape): number {
  return 2 * (hiddenSize + 1);
}

const llama = { gated: true };

/** Models whose folder need not be there: as their publishers' config.json says, parameters as their weights count. */
const KNOWN: readonly ModelShape[] = [
  {
    ...{
      name: 'gemma-2b',
      lmHead: 0,
      parameters: 2_506_172_416,
      hiddenSize: 2048,
      intermediateSize: 16_384,
      layers: 18,
    },
    ...{ heads: 8, kvHeads: 1, headDim: 256, vocabSize: 256_000, maxTokens: 8192, gated: true },
  },
  {
    ...{
      name: 'phi-1.5',
      lmHead: 51_200 * 2049,
      parameters: 1_418_270_720,
      hiddenSize: 2048,
      intermediateSize: 8192,
      layers: 24,
    },
    ...{ heads: 32, kvHeads: 32, headDim: 64, vocabSize: 51_200, maxTokens: 2048, gated: false },
  },
  {
    ...{
      name: 'tinyllama',
      lmHead: 32_000 * 2048,
      parameters: 1_100_048_384,
      hiddenSize: 2048,
      intermediateSize: 5632,
      layers: 22,
    },
    ...{ heads: 32, kvHeads: 4, headDim: 64, vocabSize: 32_000, maxTokens: 2048, ...llama },
  },
  {
    ...{
      name: 'deepseek-math-7b',
      lmHead: 102_400 * 4096,
      parameters: 6_910_365_696,
      hiddenSize: 4096,
      intermediateSize: 11_008,
    },
    ...{ layers: 30, heads: 32, kvHeads: 32, headDim: 128, vocabSize: 102_400, maxTokens: 4096, ...llama },
  },
  {
    ...{
      name: 'deepseek-coder-6.7b',
      lmHead: 32_256 * 4096,
      parameters: 6_740_512_768,
      hiddenSize: 4096,
      intermediateSize: 11_008,
    },
    ...{ layers: 32, heads: 32, kvHeads: 32, headDim: 128, vocabSize: 32_256, maxTokens: 16_384, ...llama },
  },
  {
    ...{
      name: 'llama-2-7b',
      lmHead: 32_000 * 4096,
      parameters: 6_738_415_616,
      hiddenSize: 4096,
      intermediateSize: 11_008,
    },
    ...{ layers: 32, heads: 32, kvHeads: 32, headDim: 128, vocabSize: 32_000, maxTokens: 4096, ...llama },
  },
];

/** The shape of a model that is known by its folder's name, e.g. `TinyLlama-v1.1`; undefined for others. */
export function knownShape(folder: string): ModelShape | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const name = plain(folder.split('/').at(-1) ?? '');
  return KNOWN.find((shape) => name.startsWith(plain(shape.name)));
}
