import { int, text } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import { addDims, sameDim, subtractDims } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { ShapeError } from '../shape-error.ts';
import { dimAt, resolveAxis } from '../shape.ts';
import { mark } from './convert.ts';
import { applySingle, requireSameDType } from './operand.ts';
import { shapeTensor } from './run-time-shape.ts';

/** Tensors one after another along an axis; the other axes are equal. @throws ShapeError; TypeError on an empty list */
export function concat(xs: readonly Value[], axis: number): Value {
  const [first, ...others] = xs;
  if (first === undefined) throw new TypeError('concat needs a value');
  if (others.length === 0) return first;
  requireSameDType('concat', ...xs);
  const resolved = resolveAxis('concat', first.shape, axis);
  const fits = (x: Value): boolean =>
    x.shape.length === first.shape.length &&
    x.shape.every((dim, index) => index === resolved || sameDim(dim, dimAt(first.shape, index)));
  if (!others.every(fits)) {
    throw new ShapeError(
      'concat',
      xs.map((x) => x.shape),
      `axes other than ${resolved} must be equal`,
    );
  }
  const size = xs.map((x) => dimAt(x.shape, resolved)).reduce(addDims);
  const outputs = [{ dtype: first.dtype, shape: withDim(first.shape, resolved, size) }];
  return applySingle(first.graph, {
    type: 'Concat',
    inputs: xs,
    attributes: { axis: int(resolved) },
    outputs,
  });
}

/** The part of an axis that {@link slice} takes. */
export interface SliceRange {
  readonly axis: number;
  /** First position; a negative number counts from the end. @default 0 */
  readonly start?: Dim;
  /** Position after the last; a negative number counts from the end. @default the axis' size */
  readonly end?: Dim;
}

/** Positions `start` to before `end` of an axis, which must lie within it. @throws ShapeError */
export function slice(x: Value, range: SliceRange): Value {
  const axis = resolveAxis('slice', x.shape, range.axis);
  const size = dimAt(x.shape, axis);
  const start = position(range.start ?? 0, size);
  const end = position(range.end ?? size, size);
  const length = subtractDims(end, start);
  const outside = [start, length, subtractDims(size, end)].some((dim) => typeof dim === 'number' && dim < 0);
  if (outside) throw new ShapeError('slice', [x.shape], `${start} to ${end} is not within axis ${axis}`);
  if (start === 0 && sameDim(length, size)) return x;
  const inputs = [x, ...[start, end, axis].map((dim) => shapeTensor(x.graph, [dim]))];
  const outputs = [{ dtype: x.dtype, shape: withDim(x.shape, axis, length) }];
  const part = applySingle(x.graph, { type: 'Slice', inputs, outputs });
  return mark('SliceAxis', part, [x], { axis: int(axis), at: text(String(start)) });
}

/** Parts of the given sizes, one after another along an axis. @throws ShapeError when they do not add up to it */
export function split(x: Value, axis: number, sizes: readonly Dim[]): readonly Value[] {
  const resolved = resolveAxis('split', x.shape, axis);
  if (!sameDim(sizes.reduce(addDims, 0), dimAt(x.shape, resolved))) {
    throw new ShapeError('split', [x.shape], `sizes ${sizes.join(', ')} do not add up to axis ${resolved}`);
  }
  if (sizes.length === 1) return [x];
  const outputs = sizes.map((size) => ({ dtype: x.dtype, shape: withDim(x.shape, resolved, size) }));
  const inputs = [x, shapeTensor(x.graph, sizes)];
  return x.graph.apply({ type: 'Split', inputs, attributes: { axis: int(resolved) }, outputs });
}

/** Zeros put before and after an axis. @throws ShapeError */
export function padAxis(x: Value, axis: number, [before, after]: readonly [Dim, Dim]): Value {
  const resolved = resolveAxis('padAxis', x.shape, axis);
  if (before === 0 && after === 0) return x;
  const size = addDims(addDims(dimAt(x.shape, resolved), before), after);
  const { graph, dtype } = x;
  const inputs = [
    x,
    shapeTensor(graph, [before, after]),
    graph.scalar(0, dtype),
    graph.constant('int64', [1], [resolved]),
  ];
  const padded = applySingle(graph, {
    type: 'Pad',
    inputs,
    outputs: [{ dtype, shape: withDim(x.shape, resolved, size) }],
  });
  return mark('PadAxis', padded, [x], { axis: int(resolved), at: text(String(before)) });
}

/** `shape` with another size at one axis. */
export function withDim(shape: readonly Dim[], axis: number, size: Dim): Dim[] {
  return shape.map((dim, index) => (index === axis ? size : dim));
}

function position(at: Dim, size: Dim): Dim {
  return typeof at === 'number' && at < 0 ? addDims(size, at) : at;
}
