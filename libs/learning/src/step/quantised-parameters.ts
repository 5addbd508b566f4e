import { frozenLinear, type Graph, type Value } from '@sipf/graph';
import {
  type DecoderConfig,
  dequantisedWeight,
  linearModules,
  type ParameterSource,
  type Quantisation,
  type QuantisedKind,
  quantisedParts,
  type QuantisedWeight,
  quantiseWeight,
} from '@sipf/models';
import type { TensorSpec } from './tensor-spec.ts';
import { frozenParameters, type ReadFrozen, type Trainable } from './trainable-layout.ts';

/** A model some of whose weights are frozen, and how these are kept. */
export interface QuantisedBase {
  readonly config: DecoderConfig;
  readonly trainable: Trainable;
  readonly quantisation: QuantisedKind;
}

/** The weights that are kept quantised, by linear module: all frozen ones but those of heads, which stay as they are. */
function quantisedWeights({ config, trainable, quantisation }: QuantisedBase): Map<string, QuantisedWeight> {
  const frozen = frozenParameters(config, trainable);
  const weights = new Map<string, QuantisedWeight>();
  for (const [module, shape] of linearModules(config)) {
    const name = `${module}.weight`;
    if (frozen.has(name)) weights.set(module, { name, shape, kind: quantisation });
  }
  return weights;
}

/**
 * Products with the quantised weights, whose parts become inputs of the graph: nothing of them is stored in the model,
 * where it would be folded into floats when it is loaded.
 * @param inputs gets what must be fed
 */
export function quantisedProducts(
  graph: Graph,
  base: QuantisedBase,
  inputs: TensorSpec[],
): NonNullable<ParameterSource['product']> {
  const weights = quantisedWeights(base);
  const parts = new Map<string, Value>();
  return (module, x) => {
    const weight = weights.get(module);
    if (weight === undefined) return undefined;
    for (const spec of quantisedParts(weight)) {
      if (parts.has(spec.name)) continue;
      inputs.push(spec);
      parts.set(spec.name, graph.input(spec.name, spec.dtype, spec.shape));
    }
    return frozenLinear(
      x,
      dequantisedWeight(graph, weight, (name) => parts.get(name) as Value),
    );
  };
}

/** The arrays of all quantised weights by input name, made one weight after the other. */
export function quantiseFrozen(
  base: QuantisedBase,
  read: ReadFrozen,
): Map<string, Uint8Array | Float32Array> {
  return new Map(
    [...quantisedWeights(base).values()].flatMap((weight) => [...quantiseWeight(read(weight.name), weight)]),
  );
}

/** Bytes of a model's weights, trained ones and adapters left out. */
export interface WeightMemory {
  /** As they are kept. */
  readonly bytes: number;
  /** As they would be in float32. */
  readonly float32Bytes: number;
}

/** What a model's frozen weights take. */
export function frozenWeightMemory({
  config,
  trainable,
  quantisation,
}: Omit<QuantisedBase, 'quantisation'> & { readonly quantisation: Quantisation }): WeightMemory {
  const bytesOf = (shapes: Iterable<readonly number[]>): number =>
    sum([...shapes].map((shape) => 4 * elements(shape)));
  const float32Bytes = bytesOf(frozenParameters(config, trainable).values());
  if (quantisation === 'none') return { bytes: float32Bytes, float32Bytes };
  const weights = [...quantisedWeights({ config, trainable, quantisation }).values()];
  const parts = weights.flatMap((weight) => quantisedParts(weight));
  const kept = sum(parts.map(({ dtype, shape }) => (dtype === 'uint8' ? 1 : 4) * elements(shape)));
  return { bytes: float32Bytes - bytesOf(weights.map(({ shape }) => shape)) + kept, float32Bytes };
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
