import type { Dim, Graph, Value } from '@sipf/graph';
import type { ParameterSource } from '@sipf/models';

/** Reads a float32 tensor by its Hugging Face name. */
export type ReadWeight = (name: string) => Float32Array;

/** A parameter source that stores every tensor it is asked for in the graph. */
export function initializerParameters(graph: Graph, read: ReadWeight): ParameterSource {
  const known = new Map<string, Value>();
  return {
    parameter(name: string, shape: readonly Dim[]): Value {
      const value = known.get(name) ?? graph.initializer(name, 'float32', shape as number[], read(name));
      known.set(name, value);
      return value;
    },
  };
}
