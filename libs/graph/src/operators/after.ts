import { int } from '../attribute.ts';
import type { Value } from '../graph.ts';
import { cast } from './convert.ts';
import { add, mul } from './elementwise.ts';
import { slice } from './joining.ts';
import { reshape } from './layout.ts';
import { applySingle } from './operand.ts';

/**
 * A copy of x that is made only once the `earlier` values are there: what is derived from it is neither merged with what
 * is derived from x, nor folded when the model is loaded, nor run ahead. For recomputing something instead of keeping
 * it, and for working through something large piece by piece.
 * @param x of rank 1 or more
 */
export function after(x: Value, ...earlier: readonly [Value, ...Value[]]): Value {
  const { graph, dtype, shape } = x;
  const sizes = applySingle(graph, {
    type: 'Shape',
    inputs: [x],
    outputs: [{ dtype: 'int64', shape: [shape.length] }],
  });
  const target = earlier.map(zeroFrom).reduce((sum, zero) => add(sum, zero), sizes);
  // A Reshape would not copy, but onnxruntime joins it with the next one and loses its dependence (or fails).
  return applySingle(graph, { type: 'Expand', inputs: [x, target], outputs: [{ dtype, shape }] });
}

/** int64 [1]: 0, known only when `value` is. */
export function zeroFrom(value: Value): Value {
  const axis = value.shape.findIndex((dim) => typeof dim === 'string');
  return mul(axis >= 0 ? sizeOf(value, axis) : firstElement(value), 0);
}

function sizeOf(value: Value, axis: number): Value {
  return applySingle(value.graph, {
    type: 'Shape',
    inputs: [value],
    attributes: { start: int(axis), end: int(axis + 1) },
    outputs: [{ dtype: 'int64', shape: [1] }],
  });
}

/** A size that is a number would be folded, so an element is read; whatever it is, 0 times its integer is 0. */
function firstElement(value: Value): Value {
  return cast(slice(reshape(value, [-1]), { axis: 0, end: 1 }), 'int64');
}
