import { add, int, matMul, operator, reshape, slice, type Dim, type Graph, type Value } from '@sipf/graph';
import { linearModules, lmHeadWeight, type DecoderConfig, type ParameterSource } from '@sipf/models';
import { PRODUCT_FACTOR } from './adapter-inputs.ts';
import type { DecoderWeights } from './decoder-weights.ts';
import type { WeightQuantisation } from './model-source.ts';
import { WEIGHT_BLOCK, weightBlocks, type CodeBits } from './weight-blocks.ts';

/** Activations are rounded to 8 bits in blocks too: the product's sums are then whole numbers, whatever the number of rows. */
const INT8_ACTIVATIONS = 4;

/** The first eighth of the layers, rounded up, and the last, rounded down, are as sensitive as llama.cpp's mixtures take them to be. */
const SENSITIVE_SHARE = 1 / 8;

/**
 * Bits of a linear layer's codes by its module or weight. Of what 4 bits cost a model of 135M parameters in perplexity more than
 * half comes from its attention's layers, a quarter of the weights; of the rest half comes from the feed-forward's last
 * products, and a good part from its first and last layers: all these keep 8.
 */
export function bitsOf(
  name: string,
  quantisation: Exclude<WeightQuantisation, 'none'>,
  { numHiddenLayers }: Pick<DecoderConfig, 'numHiddenLayers'>,
): CodeBits {
  if (quantisation === 'int8' || /\.self_attn\.|\.(?:down_proj|fc2)(?:\.|$)/.test(name)) return 8;
  const layer = Number(/\.layers\.(\d+)\./.exec(name)?.[1]);
  const share = numHiddenLayers * SENSITIVE_SHARE;
  return layer < Math.ceil(share) || layer >= numHiddenLayers - Math.floor(share) ? 8 : 4;
}

export const EMBEDDING = 'model.embed_tokens.weight';

/** Puts an array into the graph, or beside it under its own name. */
export type StoreTensor = (name: string, shape: readonly number[], data: Float32Array | Uint8Array) => Value;

/** A rounded matrix [N, K] as values of a graph. */
export interface RoundedWeight {
  readonly shape: readonly [N: number, K: number];
  readonly bits: CodeBits;
  /** uint8 [N, blocks, bytes of a block] */
  readonly codes: Value;
  /** float32 [N, blocks] */
  readonly scales: Value;
  /** float32 [N, blocks], see WeightBlocks. */
  readonly offsets?: Value | undefined;
}

/**
 * Products with the linear modules' and the LM head's weights, and rows of the embeddings, as codes in blocks; each weight is
 * read when it is asked for, and once where embeddings and head are one matrix.
 */
export function roundedWeights(
  { config, read }: Pick<DecoderWeights, 'config' | 'read'>,
  quantisation: Exclude<WeightQuantisation, 'none'>,
  store: StoreTensor,
): Required<Pick<ParameterSource, 'product' | 'rows'>> {
  const { vocabSize, hiddenSize } = config;
  const table = [vocabSize, hiddenSize] as const;
  const shapes = new Map([...linearModules(config), ['lm_head', table] as const]);
  const stored = new Map<string, RoundedWeight>();
  const weight = (name: string, shape: readonly [number, number], bits: CodeBits): RoundedWeight => {
    const known = stored.get(name) ?? storeBlocks(read(name), { name, shape, bits }, store);
    stored.set(name, known);
    return known;
  };
  return {
    product: (module, x) => {
      const shape = shapes.get(module);
      if (shape === undefined) return undefined;
      if (module === 'lm_head') return roundedProduct(x, weight(lmHeadWeight(config), shape, 8));
      return roundedProduct(x, weight(`${module}.weight`, shape, bitsOf(module, quantisation, config)));
    },
    rows: (name, indices) => (name === EMBEDDING ? roundedRows(weight(name, table, 8), indices) : undefined),
  };
}

/** Rounds a matrix into a graph. */
export function storeBlocks(
  values: Float32Array,
  { name, shape, bits }: { name: string; shape: readonly [number, number]; bits: CodeBits },
  store: StoreTensor,
): RoundedWeight {
  const { codes, scales, offsets } = weightBlocks(values, shape, bits);
  const [rows, columns] = shape;
  const size = WEIGHT_BLOCK[bits];
  const blocks = Math.ceil(columns / size);
  return {
    shape,
    bits,
    codes: store(`${name}.codes`, [rows, blocks, (size * bits) / 8], codes),
    scales: store(`${name}.scales`, [rows, blocks], scales),
    offsets: offsets && store(`${name}.offsets`, [rows, blocks], offsets),
  };
}

/** x [M, K] times the transpose of a weight [N, K]. */
export function roundedProduct(x: Value, weight: RoundedWeight): Value {
  const product = codesProduct(x, weight);
  const { offsets } = weight;
  if (offsets === undefined) return product;
  const sums = matMul(x, blockMembers(x.graph, weight), { transposeB: true, alpha: PRODUCT_FACTOR });
  return add(product, matMul(sums, offsets, { transposeB: true, alpha: 1 / PRODUCT_FACTOR }));
}

/** float32 [blocks, K]: 1 where a column is in a block. What several weights of one width share. */
function blockMembers(graph: Graph, { shape: [, K], bits }: RoundedWeight): Value {
  const size = WEIGHT_BLOCK[bits];
  const blocks = Math.ceil(K / size);
  const members = new Float32Array(blocks * K);
  for (let column = 0; column < K; column++) members[Math.floor(column / size) * K + column] = 1;
  return graph.constant('float32', [blocks, K], members);
}

function codesProduct(x: Value, { shape: [N, K], bits, codes, scales }: RoundedWeight): Value {
  const [product] = operator({
    type: 'MatMulNBits',
    domain: 'com.microsoft',
    inputs: [x, codes, scales],
    attributes: {
      K: int(K),
      N: int(N),
      bits: int(bits),
      block_size: int(WEIGHT_BLOCK[bits]),
      accuracy_level: int(INT8_ACTIVATIONS),
    },
    outputs: [{ dtype: 'float32', shape: [x.shape[0] as Dim, N] }],
  });
  return product as Value;
}

/** Rows [M, K] of a weight [N, K] of 8 bits by their indices [M], as floats. */
export function roundedRows({ shape: [N, K], codes, scales }: RoundedWeight, indices: Value): Value {
  const size = WEIGHT_BLOCK[8];
  const width = Math.ceil(K / size) * size;
  const [rows] = operator({
    type: 'GatherBlockQuantized',
    domain: 'com.microsoft',
    inputs: [reshape(codes, [N, width]), indices, scales],
    attributes: { bits: int(8), block_size: int(size), gather_axis: int(0), quantize_axis: int(1) },
    outputs: [{ dtype: 'float32', shape: [indices.shape[0] as Dim, width] }],
  });
  return width === K ? (rows as Value) : slice(rows as Value, { axis: 1, end: K });
}
