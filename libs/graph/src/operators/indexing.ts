import { int, text } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import { sameDim } from '../dimension.ts';
import type { DType } from '../dtype.ts';
import type { Graph, Value } from '../graph.ts';
import { ShapeError } from '../shape-error.ts';
import { dimAt, resolveAxis, sameShape } from '../shape.ts';
import { withDim } from './joining.ts';
import { squeeze } from './layout.ts';
import { applySingle } from './operand.ts';
import { dimensionScalar, shapeTensor } from './run-time-shape.ts';

/**
 * Slices of x by index: the axis is replaced by the indices' axes, e.g. an embedding table [V, D] and ids [B, T] give [B, T, D].
 * @throws ShapeError
 */
export function gather(x: Value, indices: Value, axis = 0): Value {
  const position = resolveAxis('gather', x.shape, axis);
  const shape = [...x.shape.slice(0, position), ...indices.shape, ...x.shape.slice(position + 1)];
  return applySingle(x.graph, {
    type: 'Gather',
    inputs: [x, indices],
    attributes: { axis: int(position) },
    outputs: [{ dtype: x.dtype, shape }],
  });
}

/** One element of x for each index along an axis; the other axes of `indices` are those of x. @throws ShapeError */
export function gatherElements(x: Value, indices: Value, axis: number): Value {
  const position = resolveAxis('gatherElements', x.shape, axis);
  requireAligned('gatherElements', x, indices, position);
  const outputs = [{ dtype: x.dtype, shape: indices.shape }];
  return applySingle(x.graph, {
    type: 'GatherElements',
    inputs: [x, indices],
    attributes: { axis: int(position) },
    outputs,
  });
}

/**
 * x with `updates` added at the indices along an axis, repeated indices included; `updates` has the indices' shape.
 * The CPU adds them in order, so the result repeats bit for bit.
 * @throws ShapeError
 */
export function scatterAdd(x: Value, indices: Value, updates: Value, axis: number): Value {
  const position = resolveAxis('scatterAdd', x.shape, axis);
  if (indices.shape.length !== x.shape.length || !sameShape(indices.shape, updates.shape)) {
    throw new ShapeError(
      'scatterAdd',
      [x.shape, indices.shape, updates.shape],
      'indices and updates must agree',
    );
  }
  const attributes = { axis: int(position), reduction: text('add') };
  const outputs = [{ dtype: x.dtype, shape: x.shape }];
  return applySingle(x.graph, {
    type: 'ScatterElements',
    inputs: [x, indices, updates],
    attributes,
    outputs,
  });
}

/** int64 [M]: where a vector is not 0, ascending; M is a new symbol. @throws ShapeError */
export function nonZero(x: Value): Value {
  if (x.shape.length !== 1) throw new ShapeError('nonZero', [x.shape], 'needs a vector');
  const outputs = [{ dtype: 'int64' as const, shape: [1, x.graph.freshDim()] }];
  return squeeze(applySingle(x.graph, { type: 'NonZero', inputs: [x], outputs }), [0]);
}

/** 1 at each id and 0 elsewhere, along a new last axis: [...] -> [..., depth]. */
export function oneHot(ids: Value, depth: Dim, dtype: DType = 'float32'): Value {
  const { graph } = ids;
  const inputs = [ids, dimensionScalar(graph, depth), graph.constant(dtype, [2], [0, 1])];
  return applySingle(graph, { type: 'OneHot', inputs, outputs: [{ dtype, shape: [...ids.shape, depth] }] });
}

/** int64 [length]: 0, 1, ... length - 1; a symbol is resolved at run time. */
export function range(graph: Graph, length: Dim): Value {
  if (typeof length === 'number')
    return graph.constant(
      'int64',
      [length],
      Array.from({ length }, (_, index) => index),
    );
  const inputs = [graph.scalar(0, 'int64'), dimensionScalar(graph, length), graph.scalar(1, 'int64')];
  return applySingle(graph, { type: 'Range', inputs, outputs: [{ dtype: 'int64', shape: [length] }] });
}

/** A tensor of one repeated number. */
export function fill(graph: Graph, dtype: DType, shape: readonly Dim[], value: number): Value {
  const element = graph.constantOf(graph.constant(dtype, [1], [value]));
  if (element === undefined) throw new TypeError('a constant has no content');
  return applySingle(graph, {
    type: 'ConstantOfShape',
    inputs: [shapeTensor(graph, shape)],
    attributes: { value: { kind: 'tensor', value: element } },
    outputs: [{ dtype, shape }],
  });
}

/** Index of the largest element along an axis, int64; the first of equals. @throws ShapeError */
export function argMax(x: Value, axis: number, keepDims = false): Value {
  const position = resolveAxis('argMax', x.shape, axis);
  const shape = keepDims ? withDim(x.shape, position, 1) : x.shape.filter((_, index) => index !== position);
  const attributes = { axis: int(position), keepdims: int(keepDims) };
  return applySingle(x.graph, {
    type: 'ArgMax',
    inputs: [x],
    attributes,
    outputs: [{ dtype: 'int64', shape }],
  });
}

/** The k largest along an axis, in descending order. @throws ShapeError */
export function topK(x: Value, k: number, axis: number): { values: Value; indices: Value } {
  const position = resolveAxis('topK', x.shape, axis);
  const size = dimAt(x.shape, position);
  if (k < 0 || (typeof size === 'number' && k > size))
    throw new ShapeError('topK', [x.shape], `has no ${k} elements along axis ${position}`);
  const shape = withDim(x.shape, position, k);
  const outputs = [
    { dtype: x.dtype, shape },
    { dtype: 'int64' as const, shape },
  ];
  const inputs = [x, x.graph.constant('int64', [1], [k])];
  const [values, indices] = x.graph.apply({
    type: 'TopK',
    inputs,
    attributes: { axis: int(position) },
    outputs,
  });
  if (values === undefined || indices === undefined) throw new TypeError('TopK has two outputs');
  return { values, indices };
}

/** The upper (default: lower) triangle of the last two axes, zeros elsewhere; `k` moves the diagonal. @throws ShapeError */
export function trilu(x: Value, { upper = false, k = 0 }: { upper?: boolean; k?: number } = {}): Value {
  if (x.shape.length < 2) throw new ShapeError('trilu', [x.shape], 'needs two axes');
  const inputs = [x, x.graph.scalar(k, 'int64')];
  return applySingle(x.graph, {
    type: 'Trilu',
    inputs,
    attributes: { upper: int(upper) },
    outputs: [{ dtype: x.dtype, shape: x.shape }],
  });
}

function requireAligned(name: string, x: Value, indices: Value, axis: number): void {
  const aligned =
    x.shape.length === indices.shape.length &&
    x.shape.every((dim, index) => index === axis || sameDim(dim, dimAt(indices.shape, index)));
  if (!aligned) throw new ShapeError(name, [x.shape, indices.shape], `axes other than ${axis} must be equal`);
}
