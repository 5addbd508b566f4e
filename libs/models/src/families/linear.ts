import { add, concat, type Dim, expand, linear as product, type Value } from '@sipf/graph';
import { lowRankUpdates } from '../adapters/lora.ts';
import type { LinearShape } from './module-table.ts';
import type { ParameterSource } from './parameter-source.ts';

/** One linear module of a checkpoint. */
export interface LinearModule {
  readonly module: string;
  readonly shape: LinearShape;
  readonly bias: boolean;
}

/**
 * y = x W^T + b with the modules' adapters, several linear layers on one input as one product, their outputs side by
 * side; x [N, in], y [N, sum of outs]. Either all or none of them have a bias. The weights stay separate tensors: they
 * are joined in the graph, which costs a copy of them and saves, for each layer after the first, a product forward, two
 * backward and the sum of their input gradients.
 */
export function joinedLinears(parameters: ParameterSource, x: Value, layers: readonly LinearModule[]): Value {
  const y = withBias(parameters, products(parameters, x, layers), layers);
  const updates = updatesOf(parameters, x, layers);
  if (updates.every((update) => update === undefined)) return y;
  const whole = updates.map((update, index) => update ?? zeros(x, (layers[index] as LinearModule).shape[0]));
  return add(y, side(whole, 1));
}

/** The same with an output each: for wide outputs, which it costs more to cut apart than the joint product saves. */
export function separateLinears(
  parameters: ParameterSource,
  x: Value,
  layers: readonly LinearModule[],
): Value[] {
  const updates = updatesOf(parameters, x, layers);
  return layers.map((layer, index) => {
    const y = withBias(parameters, products(parameters, x, [layer]), [layer]);
    const update = updates[index];
    return update === undefined ? y : add(y, update);
  });
}

function products(parameters: ParameterSource, x: Value, layers: readonly LinearModule[]): Value {
  const own = layers.flatMap(({ module }) => parameters.product?.(module, x) ?? []);
  if (own.length === layers.length) return side(own, 1);
  const weights = layers.map(({ module, shape }) => parameters.parameter(`${module}.weight`, shape));
  return product(x, side(weights, 0));
}

function withBias(parameters: ParameterSource, y: Value, layers: readonly LinearModule[]): Value {
  const biases = layers
    .filter(({ bias }) => bias)
    .map(({ module, shape }) => parameters.parameter(`${module}.bias`, [shape[0]]));
  return biases.length === 0 ? y : add(y, side(biases, 0));
}

function side(values: readonly Value[], axis: number): Value {
  return values.length === 1 ? (values[0] as Value) : concat(values, axis);
}

/** What each layer's adapter adds; undefined for a layer without one. */
function updatesOf(
  parameters: ParameterSource,
  x: Value,
  layers: readonly LinearModule[],
): (Value | undefined)[] {
  const adapters = layers.map(({ module }) => parameters.adapter?.(module));
  const there = adapters.filter((adapter) => adapter !== undefined);
  const updates = lowRankUpdates(x, there);
  return adapters.map((adapter) => (adapter === undefined ? undefined : updates[there.indexOf(adapter)]));
}

/** float32 [N, width] of zeros, N from x [N, in]. */
function zeros(x: Value, width: number): Value {
  return expand(x.graph.constant('float32', [1, 1], [0]), [x.shape[0] as Dim, width]);
}
