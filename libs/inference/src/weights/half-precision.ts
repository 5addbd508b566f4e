import type { PrecisionName } from '@sipf/contracts/devices';
import { SipfError } from '@sipf/errors';
import { cast, linear, toBfloat16Bits, type Graph, type Value } from '@sipf/graph';
import { linearModules, type ParameterSource } from '@sipf/models';
import type { ExternalTensors } from '../session/external-tensors.ts';
import type { DecoderWeights } from './decoder-weights.ts';

/** Element types of two bytes. */
export type HalfPrecision = Exclude<PrecisionName, 'float32'>;

/** Tables of which the graph reads rows, or that it multiplies as they are. */
const TABLES: ReadonlySet<string> = new Set(['model.embed_tokens.weight', 'lm_head.weight']);

/**
 * Parameters of a model whose matrices are kept in half precision. Products with them are in half precision too, as
 * torch's autocast has them; norms, softmax, angles, sums and adapters stay float32. Vectors lie in the graph's own bytes, since a
 * session takes either all of its external tensors from files or none.
 */
export function halfParameters(
  graph: Graph,
  { weights, precision, external }: HalfWeights,
): Required<Pick<ParameterSource, 'parameter' | 'product'>> {
  const { config } = weights;
  const known = new Map<string, Value>();
  const once = (name: string, make: () => Value): Value => {
    const value = known.get(name) ?? make();
    known.set(name, value);
    return value;
  };
  const matrix = (name: string, shape: readonly number[]): Value =>
    once(name, () => storeMatrix(graph, { weights, precision, external }, { name, shape }));
  const shapes = new Map([
    ...linearModules(config),
    ['lm_head', [config.vocabSize, config.hiddenSize] as const],
  ]);
  return {
    parameter: (name, dims) => {
      const shape = dims as readonly number[];
      if (shape.length < 2)
        return once(name, () => graph.initializer(name, 'float32', shape, weights.read(name)));
      return TABLES.has(name) ? matrix(name, shape) : cast(matrix(name, shape), 'float32');
    },
    product: (module, x) => {
      const shape = shapes.get(module);
      if (shape === undefined) return undefined;
      const isTied = module === 'lm_head' && config.tieWordEmbeddings;
      const weight = matrix(isTied ? 'model.embed_tokens.weight' : `${module}.weight`, shape);
      return cast(linear(cast(x, precision), weight), 'float32');
    },
  };
}

interface HalfWeights {
  readonly weights: DecoderWeights;
  readonly precision: HalfPrecision;
  readonly external: ExternalTensors;
}

function storeMatrix(
  graph: Graph,
  { weights, precision, external }: HalfWeights,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
): Value {
  const mapped = weights.locate(name);
  if (mapped !== undefined) return graph.externalInitializer(name, { dtype: precision, shape }, mapped);
  const bits = halfBits(weights.read(name), precision, name);
  const location = external.put(name, bits);
  return location === undefined
    ? graph.initializer(name, precision, shape, bits)
    : graph.externalInitializer(name, { dtype: precision, shape }, location);
}

/**
 * Values to the nearest in half precision.
 * @throws SipfError failed-precondition MODEL_INVALID for a finite value that float16 cannot hold
 */
export function halfBits(values: Float32Array, precision: HalfPrecision, name: string): Uint16Array {
  if (precision === 'bfloat16') return toBfloat16Bits(values);
  const halves = new Float16Array(values);
  const lost = halves.findIndex((half, index) => !Number.isFinite(half) && Number.isFinite(values[index]));
  if (lost < 0) return new Uint16Array(halves.buffer);
  const message =
    `${name} holds ${values[lost]}, and float16 ends at 65504: ` + 'choose the precision bfloat16 or float32';
  throw new SipfError('failed-precondition', message, { reason: 'MODEL_INVALID' });
}
