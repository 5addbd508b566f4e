import { type Dim, type Graph, unpack, type Value } from '@sipf/graph';
import {
  type DecoderConfig,
  linearModules,
  type ParameterSource,
  type Quantisation,
  withLora,
} from '@sipf/models';
import { dropoutMasks } from './dropout-mask.ts';
import { quantisedProducts } from './quantised-parameters.ts';
import type { StateLayout } from './state-layout.ts';
import { STEP_NAMES, type TensorSpec } from './tensor-spec.ts';
import {
  ADAPTER_PREFIX,
  frozenParameters,
  type PlaceFrozen,
  type ReadFrozen,
  type Trainable,
  trainableLayout,
} from './trainable-layout.ts';

/** How the parameters enter a graph. */
export interface ParameterBinding {
  readonly config: DecoderConfig;
  readonly trainable: Trainable;
  /** Where given, frozen parameters are stored in the model; else they are inputs of the graph. */
  readonly frozen?: ReadFrozen;
  /** With `frozen`: those that the session finds elsewhere. @default none */
  readonly outside?: PlaceFrozen | undefined;
  /** How frozen linear weights are kept; where they are quantised, their parts are inputs. @default 'none' */
  readonly quantisation?: Quantisation;
}

/** The parameters of a step's graph. */
export interface BoundParameters {
  readonly source: ParameterSource;
  /** The trainable ones, [size]; what gradients are taken of. */
  readonly flat: Value;
  readonly layout: StateLayout;
  /** Frozen parameters, and parts of quantised ones, that are inputs of the graph. */
  readonly frozenInputs: readonly TensorSpec[];
  /** Whether the graph has a `dropout_seed` to feed. */
  readonly needsDropoutSeed: boolean;
}

/** Adds the parameters to a graph: one input for all trainable ones, and the frozen ones that the model reads. */
export function bindParameters(graph: Graph, binding: ParameterBinding): BoundParameters {
  const { config, trainable } = binding;
  const layout = trainableLayout(config, trainable);
  const flat = graph.input(STEP_NAMES.parameters, 'float32', [layout.size]);
  const values = unpack(
    flat,
    layout.slots.map(({ shape }) => shape),
  );
  const trained = new Map(layout.slots.map(({ name }, index) => [name, values[index] as Value]));
  const { base, frozenInputs } = frozenSource(graph, binding);
  const own: ParameterSource = {
    ...(base.product !== undefined && { product: base.product.bind(base) }),
    parameter: (name, shape) =>
      trained.get(name) ?? trained.get(ADAPTER_PREFIX + name) ?? base.parameter(name, shape),
  };
  if (trainable.kind !== 'lora') return { source: own, flat, layout, frozenInputs, needsDropoutSeed: false };
  const { lora } = trainable;
  const modules = linearModules(config);
  const dropoutMask = lora.dropout > 0 ? dropoutMasks(graph, lora.dropout) : undefined;
  const source = withLora(own, {
    lora,
    modules,
    adapterParameters: own,
    ...(dropoutMask === undefined ? {} : { dropoutMask }),
  });
  return { source, flat, layout, frozenInputs, needsDropoutSeed: dropoutMask !== undefined };
}

function frozenSource(graph: Graph, binding: ParameterBinding) {
  const { config, trainable, frozen, outside, quantisation = 'none' } = binding;
  const shapes = frozenParameters(config, trainable);
  const known = new Map<string, Value>();
  const frozenInputs: TensorSpec[] = [];
  const add = (name: string, shape: readonly Dim[]): Value => {
    const numbers = shapes.get(name);
    if (numbers === undefined)
      throw new TypeError(`the model has no parameter ${name} of shape [${shape.join()}]`);
    if (frozen !== undefined) {
      const location = outside?.(name);
      return location === undefined
        ? graph.initializer(name, 'float32', numbers, frozen(name))
        : graph.externalInitializer(name, { dtype: 'float32', shape: numbers }, location);
    }
    frozenInputs.push({ name, dtype: 'float32', shape: numbers });
    return graph.input(name, 'float32', numbers);
  };
  const base: ParameterSource = {
    ...(quantisation !== 'none' && {
      product: quantisedProducts(graph, { config, trainable, quantisation }, frozenInputs),
    }),
    parameter(name, shape) {
      const value = known.get(name) ?? add(name, shape);
      known.set(name, value);
      return value;
    },
  };
  return { base, frozenInputs };
}
