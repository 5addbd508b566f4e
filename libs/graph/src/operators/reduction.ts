import { int } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { resolveAxes, resolveAxis } from '../shape.ts';
import { applySingle } from './operand.ts';

/** Sum over axes, by default all of them. @throws ShapeError */
export function reduceSum(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce('ReduceSum', x, axes, keepDims);
}

/** Mean over axes, by default all of them. @throws ShapeError */
export function reduceMean(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce('ReduceMean', x, axes, keepDims);
}

/** Largest over axes, by default all of them; equals share the gradient. @throws ShapeError */
export function reduceMax(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce('ReduceMax', x, axes, keepDims);
}

/** Smallest over axes, by default all of them; equals share the gradient. @throws ShapeError */
export function reduceMin(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce('ReduceMin', x, axes, keepDims);
}

/** Sum of squares over axes, by default all of them. @throws ShapeError */
export function reduceSumSquare(x: Value, axes?: readonly number[], keepDims = false): Value {
  return reduce('ReduceSumSquare', x, axes, keepDims);
}

/** e^x / sum(e^x) along an axis, by default the last. @throws ShapeError */
export function softmax(x: Value, axis = -1): Value {
  return alongAxis('Softmax', x, axis);
}

/** log(softmax(x)) along an axis, by default the last. @throws ShapeError */
export function logSoftmax(x: Value, axis = -1): Value {
  return alongAxis('LogSoftmax', x, axis);
}

/** How {@link cumSum} runs. */
export interface CumSumOptions {
  /** Leave the element itself out. @default false */
  readonly exclusive?: boolean;
  /** From the end. @default false */
  readonly reverse?: boolean;
}

/** Running sums along an axis. @throws ShapeError */
export function cumSum(
  x: Value,
  axis: number,
  { exclusive = false, reverse = false }: CumSumOptions = {},
): Value {
  const position = resolveAxis('cumSum', x.shape, axis);
  const attributes = { exclusive: int(exclusive), reverse: int(reverse) };
  const inputs = [x, x.graph.scalar(position, 'int64')];
  return applySingle(x.graph, {
    type: 'CumSum',
    inputs,
    attributes,
    outputs: [{ dtype: x.dtype, shape: x.shape }],
  });
}

function reduce(type: string, x: Value, axes: readonly number[] | undefined, keepDims: boolean): Value {
  const positions = resolveAxes(type, x.shape, axes);
  if (positions.length === 0 && type !== 'ReduceSumSquare') return x;
  const shape = reducedShape(x.shape, positions, keepDims);
  const inputs = [x, x.graph.constant('int64', [positions.length], positions)];
  const attributes = { keepdims: int(keepDims), noop_with_empty_axes: int(1) };
  return applySingle(x.graph, { type, inputs, attributes, outputs: [{ dtype: x.dtype, shape }] });
}

function reducedShape(shape: readonly Dim[], axes: readonly number[], keepDims: boolean): Dim[] {
  if (!keepDims) return shape.filter((_, axis) => !axes.includes(axis));
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

function alongAxis(type: string, x: Value, axis: number): Value {
  const position = resolveAxis(type, x.shape, axis);
  return applySingle(x.graph, {
    type,
    inputs: [x],
    attributes: { axis: int(position) },
    outputs: [{ dtype: x.dtype, shape: x.shape }],
  });
}
