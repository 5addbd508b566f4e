import type { Value } from '../graph.ts';
import { mark } from '../operators/convert.ts';
import { matMul } from '../operators/mat-mul.ts';

/**
 * x W^T for a weight that is computed in the graph (from a quantised form) and gets no gradient. The backward pass
 * computes it once more instead of keeping it.
 * @param x [..., in] @param weight [out, in]
 * @throws ShapeError
 */
export function frozenLinear(x: Value, weight: Value): Value {
  return mark('FrozenLinear', matMul(x, weight, { transposeB: true }), [x, weight]);
}
