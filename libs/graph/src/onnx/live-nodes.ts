import type { Graph, OperatorNode, Value } from '../graph.ts';
import { ALIAS_DOMAIN } from '../graph.ts';

/** What a graph's outputs need. */
export interface LiveGraph {
  /** In order of execution, without marks. */
  readonly nodes: readonly OperatorNode[];
  /** Names of every tensor that a live node, its body or an output reads. */
  readonly used: ReadonlySet<string>;
  /** The tensor behind a value, marks read through. */
  resolve(value: Value): Value;
}

/** Drops nodes that no output depends on, and reads through marks such as stopGradient. */
export function liveNodes(graph: Graph): LiveGraph {
  const used = new Set<string>();
  const resolve = (value: Value): Value => {
    const producer = graph.producerOf(value);
    const source = producer?.domain === ALIAS_DOMAIN ? producer.inputs[0] : undefined;
    return source === undefined ? value : resolve(source);
  };
  for (const value of graph.outputs.values()) used.add(resolve(value).name);
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (node.domain === ALIAS_DOMAIN || !node.outputs.some((output) => used.has(output.name))) return false;
    for (const input of node.inputs) if (input !== undefined) used.add(resolve(input).name);
    if (node.body !== undefined) for (const name of liveNodes(node.body).used) used.add(name);
    return true;
  });
  return { nodes: nodes.reverse(), used, resolve };
}
