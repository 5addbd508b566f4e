import type { Dim } from './dimension.ts';
import { sameDim } from './dimension.ts';
import { ShapeError } from './shape-error.ts';

/** A tensor's axes, outermost first. */
export type Shape = readonly Dim[];

/**
 * NumPy broadcasting. A symbol matches itself or a literal 1, nothing else: which operand is stretched must be known
 * when the graph is built, because its gradient sums over the stretched axes.
 * @throws ShapeError
 */
export function broadcastShapes(operator: string, ...shapes: readonly Shape[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = dims.find((dim) => dim !== 1) ?? 1;
    if (dims.some((dim) => dim !== 1 && !sameDim(dim, size))) {
      throw new ShapeError(operator, shapes, `axis ${axis - rank} cannot be broadcast`);
    }
    return size;
  });
}

/** Whether two shapes are equal whatever the symbols stand for. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => sameDim(dim, b[axis] ?? -1));
}

/** A non-negative axis index from one that may count from the end. @throws ShapeError */
export function resolveAxis(operator: string, shape: Shape, axis: number): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= shape.length) {
    throw new ShapeError(operator, [shape], `has no axis ${axis}`);
  }
  return resolved;
}

/** Resolved axes, ascending and distinct; every axis when `axes` is undefined. @throws ShapeError */
export function resolveAxes(operator: string, shape: Shape, axes: readonly number[] | undefined): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  return [...new Set(axes.map((axis) => resolveAxis(operator, shape, axis)))].sort((a, b) => a - b);
}

/** The size of an axis that {@link resolveAxis} has accepted. */
export function dimAt(shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  if (dim === undefined) throw new RangeError(`axis ${axis} of a shape of rank ${shape.length}`);
  return dim;
}
