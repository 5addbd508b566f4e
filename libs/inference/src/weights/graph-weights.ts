import type { Dim, Graph, Value } from '@sipf/graph';
import type { ParameterSource } from '@sipf/models';
import { ExternalTensors } from '../session/external-tensors.ts';
import type { DecoderWeights } from './decoder-weights.ts';
import { halfParameters } from './half-precision.ts';
import { roundedWeights, type StoreTensor } from './rounded-weights.ts';

/** A model's weights as initialisers of a graph, and where a session finds them. */
export interface GraphWeights {
  readonly parameters: ParameterSource;
  /** For `openSession`; complete once the graph is built. */
  readonly external: ExternalTensors;
}

/**
 * Weights stay outside the graph's bytes, which may not exceed 2 GiB: those that a file holds as the graph needs them are
 * mapped from there, the others are read into memory for as long as the session opens.
 */
export function graphWeights(graph: Graph, weights: DecoderWeights): GraphWeights {
  const external = new ExternalTensors(weights.folder);
  const { precision } = weights;
  if (precision !== 'float32') {
    return { parameters: halfParameters(graph, { weights, precision, external }), external };
  }
  const known = new Map<string, Value>();
  const store = storeIn(graph, external);
  const parameter = (name: string, shape: readonly Dim[]): Value => {
    const location = weights.locate(name);
    const value =
      known.get(name) ??
      (location === undefined
        ? store(name, shape as number[], weights.read(name))
        : graph.externalInitializer(name, { dtype: 'float32', shape: shape as number[] }, location));
    known.set(name, value);
    return value;
  };
  const { quantisation } = weights;
  const rounded = quantisation === 'none' ? {} : roundedWeights(weights, quantisation, store);
  return { parameters: { parameter, ...rounded }, external };
}

function storeIn(graph: Graph, external: ExternalTensors): StoreTensor {
  return (name, shape, data) => {
    const dtype = data instanceof Float32Array ? 'float32' : 'uint8';
    const location = external.put(name, data);
    return location === undefined
      ? graph.initializer(name, dtype, shape, data)
      : graph.externalInitializer(name, { dtype, shape }, location);
  };
}
