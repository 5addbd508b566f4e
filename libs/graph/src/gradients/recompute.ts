import type { Graph, OperatorNode, Value } from '../graph.ts';

/** Values by the name of the value that they stand for. */
export type Substitutes = Map<string, Value>;

/**
 * Applies `nodes`, in their order, to the substitutes of what they read, and notes what they give as further substitutes.
 * Nodes that read no substitute are left as they are.
 * @returns the new nodes in order
 */
export function copyNodes(
  graph: Graph,
  nodes: readonly OperatorNode[],
  substitutes: Substitutes,
): OperatorNode[] {
  const copies: OperatorNode[] = [];
  for (const { type, domain, inputs, outputs, attributes } of nodes) {
    if (!inputs.some((input) => input !== undefined && substitutes.has(input.name))) continue;
    const read = inputs.map((input) =>
      input === undefined ? undefined : (substitutes.get(input.name) ?? input),
    );
    const results = graph.apply({ type, domain, inputs: read, attributes, outputs });
    results.forEach((result, index) => substitutes.set(outputs[index]?.name ?? '', result));
    const copy = results[0] === undefined ? undefined : graph.producerOf(results[0]);
    if (copy !== undefined) copies.push(copy);
  }
  return copies;
}

/** Every node that `value` depends on, in order of creation. */
export function nodesBehind(value: Value): OperatorNode[] {
  const needed = new Set([value.name]);
  const nodes = value.graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some(({ name }) => needed.has(name))) return false;
    for (const input of node.inputs) if (input !== undefined) needed.add(input.name);
    return true;
  });
  return nodes.reverse();
}

/** The nodes on the way from `x` to `y`, in order of creation. */
export function nodesBetween(x: Value, y: Value): OperatorNode[] {
  const reached = new Set([x.name]);
  return nodesBehind(y).filter((node) => {
    if (!node.inputs.some((input) => input !== undefined && reached.has(input.name))) return false;
    for (const { name } of node.outputs) reached.add(name);
    return true;
  });
}

/** What `nodes` read and do not compute themselves, each once. */
export function valuesRead(nodes: readonly OperatorNode[]): Value[] {
  const own = new Set(nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name)));
  const read = new Map<string, Value>();
  for (const { inputs } of nodes) {
    for (const input of inputs) if (input !== undefined && !own.has(input.name)) read.set(input.name, input);
  }
  return [...read.values()];
}
