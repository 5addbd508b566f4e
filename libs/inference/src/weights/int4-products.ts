import { int, operator, type Dim, type Value } from '@sipf/graph';
import { linearModules, type ParameterSource } from '@sipf/models';
import type { DecoderWeights } from './decoder-weights.ts';
import { INT4_BLOCK, int4Matrix } from './int4-blocks.ts';

/** Activations are rounded to 8 bits in blocks too: the product's sums are then whole numbers, whatever the number of rows. */
const INT8_ACTIVATIONS = 4;

/** Puts an array into the graph, or beside it under its own name. */
export type StoreTensor = (name: string, shape: readonly number[], data: Float32Array | Uint8Array) => Value;

/** Products with the linear modules' and the LM head's weights as 4-bit blocks; each weight is read when it is asked for. */
export function int4Products(
  { config, read }: DecoderWeights,
  store: StoreTensor,
): NonNullable<ParameterSource['product']> {
  const { vocabSize, hiddenSize, tieWordEmbeddings } = config;
  const shapes = new Map([...linearModules(config), ['lm_head', [vocabSize, hiddenSize] as const]]);
  const stored = new Map<string, readonly [codes: Value, scales: Value]>();
  const load = (module: string, shape: readonly [number, number]) => {
    const tied = module === 'lm_head' && tieWordEmbeddings;
    const { codes, scales } = int4Matrix(
      read(tied ? 'model.embed_tokens.weight' : `${module}.weight`),
      shape,
    );
    const blocks = Math.ceil(shape[1] / INT4_BLOCK);
    return [
      store(`${module}.int4_codes`, [shape[0], blocks, INT4_BLOCK / 2], codes),
      store(`${module}.int4_scales`, [shape[0] * blocks], scales),
    ] as const;
  };
  return (module, x) => {
    const shape = shapes.get(module);
    if (shape === undefined) return undefined;
    const parts = stored.get(module) ?? load(module, shape);
    stored.set(module, parts);
    return matMulInt4(x, parts, shape);
  };
}

/** x [M, K] times the transpose of a weight [N, K], given its codes and scales. */
export function matMulInt4(
  x: Value,
  parts: readonly [Value, Value],
  [N, K]: readonly [number, number],
): Value {
  const [product] = operator({
    type: 'MatMulNBits',
    domain: 'com.microsoft',
    inputs: [x, ...parts],
    attributes: {
      K: int(K),
      N: int(N),
      bits: int(4),
      block_size: int(INT4_BLOCK),
      accuracy_level: int(INT8_ACTIVATIONS),
    },
    outputs: [{ dtype: 'float32', shape: [x.shape[0] as Dim, N] }],
  });
  return product as Value;
}
