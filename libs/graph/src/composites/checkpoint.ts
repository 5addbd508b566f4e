import { nodesBetween, valuesRead } from '../gradients/recompute.ts';
import type { Value } from '../graph.ts';
import { mark } from '../operators/convert.ts';

/**
 * y, computed from x: of all that lies between them nothing is kept for the backward pass, which computes it once more
 * from x (Chen et al. 2016, activation checkpointing). Gradients are the same as without, those by values that the way
 * from x to y reads beside x included.
 * @throws TypeError where y does not depend on x
 */
export function checkpoint(x: Value, y: Value): Value {
  const nodes = nodesBetween(x, y);
  if (nodes.length === 0) throw new TypeError('a checkpointed value must depend on what it is computed from');
  const others = valuesRead(nodes).filter(({ name }) => name !== x.name);
  return mark('Checkpoint', y, [x, ...others]);
}
