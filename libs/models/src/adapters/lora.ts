import { concat, type Dim, linear, matMul, mul, split, type Value } from '@sipf/graph';
import type { Rng } from '@sipf/random';
import type { LinearShape } from '../families/module-table.ts';
import type { LinearAdapter, ParameterSource } from '../families/parameter-source.ts';
import { type LoraConfig, loraParameterNames, type ModuleLora, moduleLoras } from './lora-config.ts';

/**
 * scaling * (x A^T) B^T, what each adapter adds to its layer's output; x [N, in], results [N, out]. Layers on one
 * input share the narrow product forward, and both products with A backward, unless each drops elements of its own.
 */
export function lowRankUpdates(x: Value, adapters: readonly LinearAdapter[]): Value[] {
  return narrowed(x, adapters).map((low, index) => {
    const { b, scaling } = adapters[index] as LinearAdapter;
    return matMul(low, b, { transposeB: true, alpha: scaling });
  });
}

/** x A^T of each adapter, [N, rank]. */
function narrowed(x: Value, adapters: readonly LinearAdapter[]): readonly Value[] {
  const isApart = ({ dropoutMask, narrow }: LinearAdapter): boolean =>
    dropoutMask !== undefined || narrow !== undefined;
  if (adapters.length <= 1 || adapters.some(isApart)) {
    return adapters.map(({ a, dropoutMask, narrow = (input) => linear(input, a) }) =>
      narrow(dropoutMask === undefined ? x : mul(x, dropoutMask(x))),
    );
  }
  const joint = concat(
    adapters.map(({ a }) => a),
    0,
  );
  return split(
    linear(x, joint),
    1,
    adapters.map(({ a }) => a.shape[0] as Dim),
  );
}

/** Settings of {@link withLora} beside the parameters themselves. */
export interface LoraBinding {
  readonly lora: LoraConfig;
  readonly modules: ReadonlyMap<string, LinearShape>;
  /** Where the adapter's tensors come from, asked by PEFT name. */
  readonly adapterParameters: ParameterSource;
  /** Mask of one module's input, see {@link LinearAdapter}; needed in training where `lora.dropout` > 0. */
  readonly dropoutMask?: (module: string, x: Value) => Value;
}

/** The base's parameters with an adapter, no DoRA, on every target module. @throws SipfError where a target matches no module */
export function withLora(base: ParameterSource, binding: LoraBinding): ParameterSource {
  const { lora, modules, adapterParameters, dropoutMask } = binding;
  if (lora.decomposed === true) throw new TypeError('a DoRA is not a sum of products');
  const adapted = moduleLoras(lora, [...modules.keys()]);
  return {
    parameter: (name, shape) => base.parameter(name, shape),
    ...(base.product !== undefined && { product: base.product.bind(base) }),
    ...(base.rows !== undefined && { rows: base.rows.bind(base) }),
    adapter(module) {
      const own = adapted.get(module);
      if (own === undefined) return undefined;
      const [out, input] = modules.get(module) as LinearShape;
      const names = loraParameterNames(module);
      return {
        a: adapterParameters.parameter(names.a, [own.rank, input]),
        b: adapterParameters.parameter(names.b, [out, own.rank]),
        scaling: own.scaling,
        ...(dropoutMask === undefined ? {} : { dropoutMask: (x: Value) => dropoutMask(module, x) }),
      };
    },
  };
}

/**
 * A fresh adapter that changes nothing yet, as PEFT makes it: A uniform in ±1 / sqrt(in) (Kaiming with a = sqrt 5),
 * B zero. Each tensor depends only on the generator's seed and its own name.
 */
export function initialLora(
  shapes: ReadonlyMap<string, readonly number[]>,
  rng: Rng,
): Map<string, Float32Array> {
  return new Map([...shapes].map(([name, shape]) => [name, initialTensor(name, shape, rng.split(name))]));
}

function initialTensor(name: string, shape: readonly number[], rng: Rng): Float32Array {
  const [rows, columns] = shape as readonly [number, number];
  const values = new Float32Array(rows * columns);
  const bound = 1 / Math.sqrt(columns);
  return name.includes('.lora_B.') ? values : values.map(() => (2 * rng.uniform() - 1) * bound);
}

/** Host tensors of an adapter and of the layer that it is merged into. */
export interface LoraTensors {
  /** [out, in] */
  readonly weight: Float32Array;
  /** [rank, in] */
  readonly a: Float32Array;
  /** [out, rank] */
  readonly b: Float32Array;
  /** [out], the length that a DoRA gives to each row of the sum. */
  readonly magnitude?: Float32Array;
}

/** W + scaling B A, [out, in], in a new array; accumulated in float64. Some 0.3 billion products a second: for small models. */
export function mergeLora(
  { weight, a, b, magnitude }: LoraTensors,
  { rank, scaling }: ModuleLora,
): Float32Array {
  const width = a.length / rank;
  const sum = weight.map((base, index) => {
    const row = Math.floor(index / width) * rank;
    const column = index % width;
    let update = 0;
    for (let r = 0; r < rank; r++) update += (b[row + r] as number) * (a[r * width + column] as number);
    return base + scaling * update;
  });
  return magnitude === undefined ? sum : withRowLengths(sum, magnitude);
}

/** Every row times what gives it its length, in a new array; a row of zeros has none to be scaled from. */
export function withRowLengths(matrix: Float32Array, lengths: Float32Array): Float32Array {
  const width = matrix.length / lengths.length;
  const factors = lengths.map((length, row) => {
    const own = matrix.subarray(row * width, (row + 1) * width);
    return length / Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
  });
  return matrix.map((value, index) => value * (factors[Math.floor(index / width)] as number));
}
