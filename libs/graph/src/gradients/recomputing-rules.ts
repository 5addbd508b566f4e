import { elementCount } from '../dimension.ts';
import type { OperatorNode, Value } from '../graph.ts';
import { after } from '../operators/after.ts';
import { matMul } from '../operators/mat-mul.ts';
import { copyNodes, nodesBehind, nodesBetween, type Substitutes, valuesRead } from './recompute.ts';
import type { GradientRule, RuleContext } from './rule.ts';

/** Rules of composites whose parts are computed again in the backward pass. */
export const RECOMPUTING_RULES: Readonly<Record<string, GradientRule>> = {
  Checkpoint: checkpointCotangents,
  // dx = g W; W is not kept.
  FrozenLinear: ({ b: x, c: weight, g, wants }) => [
    undefined,
    wants(x) ? matMul(g, recomputed(weight, g)) : undefined,
  ],
};

/** The way from x to y once more, and back along the copy. */
function checkpointCotangents({ a: y, b: x, g, node, wants, pullBack }: RuleContext): (Value | undefined)[] {
  const again = after(x, g);
  const substitutes: Substitutes = new Map([[x.name, again]]);
  const nodes = copyNodes(y.graph, nodesBetween(x, y), substitutes);
  const read = node.inputs.slice(1).map((input) => (input === x ? again : input));
  const wanted = read.filter((input, index) => input !== undefined && wants(node.inputs[index + 1]));
  const end = substitutes.get(y.name);
  if (end === undefined) throw new TypeError('the copy of a checkpointed part has no end');
  const found = new Map(pullBack({ nodes, y: end, cotangent: g }, wanted as Value[]));
  const dx = found.get(again.name);
  const [other, ...others] = [...found.values()].filter((cotangent) => cotangent !== dx);
  // The parts before this one wait for all of its gradients, or their inputs would be kept to the very end.
  if (dx !== undefined && other !== undefined) found.set(again.name, after(dx, other, ...others));
  return [undefined, ...read.map((input) => (input === undefined ? undefined : found.get(input.name)))];
}

/** Elements below which a stored tensor is not worth being kept from folding. */
const SMALL = 256;

/** A value computed once more from the graph's inputs and stored tensors, after `earlier`. */
function recomputed(value: Value, earlier: Value): Value {
  const nodes: OperatorNode[] = nodesBehind(value);
  const substitutes: Substitutes = new Map();
  for (const root of valuesRead(nodes)) {
    const size = elementCount(root.shape);
    if (root.shape.length > 0 && !(typeof size === 'number' && size <= SMALL)) {
      substitutes.set(root.name, after(root, earlier));
    }
  }
  copyNodes(value.graph, nodes, substitutes);
  return substitutes.get(value.name) ?? value;
}
