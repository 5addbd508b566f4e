import { add, concat, type Dim, expand, linear as product, type Value } from '@sipf/graph';
import { lowRankUpdate } from '../adapters/lora.ts';
import type { ParameterSource } from './decoder-family.ts';
import type { LinearShape } from './module-table.ts';

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
  const biases = layers
    .filter(({ bias }) => bias)
    .map(({ module, shape }) => parameters.parameter(`${module}.bias`, [shape[0]]));
  const y = products(parameters, x, layers);
  const biased = biases.length === 0 ? y : add(y, joined(biases));
  const update = lowRankUpdates(parameters, x, layers);
  return update === undefined ? biased : add(biased, update);
}

function products(parameters: ParameterSource, x: Value, layers: readonly LinearModule[]): Value {
  const own = layers.flatMap(({ module }) => parameters.product?.(module, x) ?? []);
  if (own.length === layers.length) return own.length === 1 ? (own[0] as Value) : concat(own, 1);
  const weights = layers.map(({ module, shape }) => parameters.parameter(`${module}.weight`, shape));
  return product(x, joined(weights));
}

function joined(values: readonly Value[]): Value {
  return values.length === 1 ? (values[0] as Value) : concat(values, 0);
}

/** The adapters' part, [N, sum of outs]; layers without one contribute zeros. */
function lowRankUpdates(
  parameters: ParameterSource,
  x: Value,
  layers: readonly LinearModule[],
): Value | undefined {
  const adapters = layers.map(({ module }) => parameters.adapter?.(module));
  if (adapters.every((adapter) => adapter === undefined)) return undefined;
  const updates = layers.map(({ shape }, index) => {
    const adapter = adapters[index];
    return adapter === undefined ? zeros(x, shape[0]) : lowRankUpdate(x, adapter);
  });
  return updates.length === 1 ? updates[0] : concat(updates, 1);
}

/** float32 [N, width] of zeros, N from x [N, in]. */
function zeros(x: Value, width: number): Value {
  return expand(x.graph.constant('float32', [1, 1], [0]), [x.shape[0] as Dim, width]);
}
