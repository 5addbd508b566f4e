import { elementCount } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { concat, split } from '../operators/joining.ts';
import { reshape } from '../operators/layout.ts';

/**
 * All tensors as one, [total]: elementwise work on many small tensors (AdamW, clipping, accumulation) becomes a few
 * operators. The gradient by a packed parameter is the packed gradient.
 */
export function pack(tensors: readonly Value[]): Value {
  return concat(
    tensors.map((tensor) => reshape(tensor, [elementCount(tensor.shape)])),
    0,
  );
}

/** The tensors of these shapes that {@link pack} joined. @throws ShapeError when the sizes do not add up */
export function unpack(packed: Value, shapes: readonly (readonly number[])[]): Value[] {
  const parts = split(packed, 0, shapes.map(elementCount));
  return parts.map((part, index) => reshape(part, shapes[index] ?? []));
}
