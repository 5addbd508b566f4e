import { ints } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import { divideDims, elementCount, sameDim } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { ShapeError } from '../shape-error.ts';
import { broadcastShapes, dimAt, resolveAxes, sameShape } from '../shape.ts';
import { applySingle } from './operand.ts';
import { isKnownDim, shapeTensor } from './run-time-shape.ts';

/** Axes in another order: axis i of the result is axis `perm[i]` of x. @throws ShapeError */
export function transpose(x: Value, perm: readonly number[]): Value {
  if (
    [...perm].sort((a, b) => a - b).some((axis, index) => axis !== index) ||
    perm.length !== x.shape.length
  ) {
    throw new ShapeError('transpose', [x.shape], `[${perm.join(', ')}] is not a permutation of its axes`);
  }
  const producer = x.graph.producerOf(x);
  const inner = producer?.type === 'Transpose' ? producer.attributes['perm'] : undefined;
  if (inner?.kind === 'ints' && producer?.inputs[0] !== undefined) {
    return transpose(
      producer.inputs[0],
      perm.map((axis) => inner.value[axis] ?? axis),
    );
  }
  if (perm.every((axis, index) => axis === index)) return x;
  const shape = perm.map((axis) => dimAt(x.shape, axis));
  return applySingle(x.graph, {
    type: 'Transpose',
    inputs: [x],
    attributes: { perm: ints(perm) },
    outputs: [{ dtype: x.dtype, shape }],
  });
}

/** The last two axes exchanged. @throws ShapeError */
export function transposeLast(x: Value): Value {
  const rank = x.shape.length;
  if (rank < 2) throw new ShapeError('transposeLast', [x.shape], 'needs two axes');
  const perm = x.shape.map((_, axis) => axis);
  return transpose(x, [...perm.slice(0, -2), rank - 1, rank - 2]);
}

/**
 * The same elements in another shape. One dimension may be -1, or a symbol that no tensor has yet: it takes what is left.
 * Symbols are resolved at run time from tensors that have them.
 * @throws ShapeError when the number of elements cannot be equal
 */
export function reshape(x: Value, dims: readonly Dim[]): Value {
  const shape = resolveReshape(x, dims);
  if (sameShape(shape, x.shape)) return x;
  const producer = x.graph.producerOf(x);
  if (producer?.type === 'Reshape' && producer.inputs[0] !== undefined)
    return reshape(producer.inputs[0], shape);
  const outputs = [{ dtype: x.dtype, shape }];
  return applySingle(x.graph, { type: 'Reshape', inputs: [x, reshapeTarget(x, shape)], outputs });
}

/** Axes of size 1 put in at these positions of the result. @throws ShapeError */
export function unsqueeze(x: Value, axes: readonly number[]): Value {
  const rank = x.shape.length + axes.length;
  const resolved = resolveAxes(
    'unsqueeze',
    Array.from({ length: rank }, () => 1),
    axes,
  );
  if (resolved.length !== axes.length)
    throw new ShapeError('unsqueeze', [x.shape], `repeated axes [${axes.join(', ')}]`);
  if (resolved.length === 0) return x;
  const rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) =>
    resolved.includes(axis) ? 1 : (rest.shift() ?? 1),
  );
  const inputs = [x, x.graph.constant('int64', [resolved.length], resolved)];
  return applySingle(x.graph, { type: 'Unsqueeze', inputs, outputs: [{ dtype: x.dtype, shape }] });
}

/** Axes of size 1 taken out. @throws ShapeError */
export function squeeze(x: Value, axes: readonly number[]): Value {
  const resolved = resolveAxes('squeeze', x.shape, axes);
  if (resolved.some((axis) => x.shape[axis] !== 1))
    throw new ShapeError('squeeze', [x.shape], `axes [${axes.join(', ')}] are not of size 1`);
  if (resolved.length === 0) return x;
  const shape = x.shape.filter((_, axis) => !resolved.includes(axis));
  const inputs = [x, x.graph.constant('int64', [resolved.length], resolved)];
  return applySingle(x.graph, { type: 'Squeeze', inputs, outputs: [{ dtype: x.dtype, shape }] });
}

/** x repeated along axes of size 1 until it has this shape. @throws ShapeError */
export function expand(x: Value, shape: readonly Dim[]): Value {
  if (!sameShape(broadcastShapes('expand', x.shape, shape), shape)) {
    throw new ShapeError('expand', [x.shape, shape], 'the first does not broadcast to the second');
  }
  if (sameShape(x.shape, shape)) return x;
  const inputs = [x, shapeTensor(x.graph, shape)];
  return applySingle(x.graph, { type: 'Expand', inputs, outputs: [{ dtype: x.dtype, shape }] });
}

function resolveReshape(x: Value, dims: readonly Dim[]): Dim[] {
  const total = elementCount(x.shape);
  const open = dims.findIndex((dim) => dim === -1 || (typeof dim === 'string' && !isKnownDim(x.graph, dim)));
  if (open < 0) {
    if (sameDim(elementCount(dims), total)) return [...dims];
    throw new ShapeError('reshape', [x.shape, dims], 'the numbers of elements differ');
  }
  const rest = elementCount(dims.filter((_, axis) => axis !== open));
  const left = divideDims(total, rest);
  if (left === undefined && typeof total === 'number' && typeof rest === 'number') {
    throw new ShapeError('reshape', [x.shape, dims], `${total} elements do not fill it`);
  }
  const name = dims[open];
  const size = typeof name === 'string' ? name : (left ?? x.graph.freshDim());
  return dims.map((dim, axis) => (axis === open ? size : dim));
}

/** ONNX's target: 0 copies the input's axis, one -1 takes what is left, so that most need no tensor of sizes. */
function reshapeTarget(x: Value, shape: readonly Dim[]): Value {
  const short = shape.map((dim, axis) =>
    typeof dim === 'string' && sameDim(dim, x.shape[axis] ?? -1) ? 0 : dim,
  );
  const open = short.filter((dim) => typeof dim === 'string');
  if (open.length <= 1) {
    return x.graph.constant(
      'int64',
      [shape.length],
      short.map((dim) => (typeof dim === 'string' ? -1 : dim)),
    );
  }
  const first = short.findIndex((dim) => typeof dim === 'string' && !isKnownDim(x.graph, dim));
  const taken = first < 0 ? short.findIndex((dim) => typeof dim === 'string') : first;
  return shapeTensor(
    x.graph,
    short.map((dim, axis) => (axis === taken ? -1 : dim)),
  );
}
