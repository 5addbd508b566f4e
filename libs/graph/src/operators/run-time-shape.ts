import { int } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import { dimTerms } from '../dimension.ts';
import type { Graph, Value } from '../graph.ts';
import { ShapeError } from '../shape-error.ts';
import { dimAt, resolveAxis } from '../shape.ts';
import { applySingle } from './operand.ts';

/** int64 `[dims.length]`: a constant where every dimension is a number, else read off tensors that have the symbols. */
export function shapeTensor(graph: Graph, dims: readonly Dim[]): Value {
  const numbers = dims.filter((dim) => typeof dim === 'number');
  if (numbers.length === dims.length) return graph.constant('int64', [dims.length], numbers);
  const parts = dims.map((dim) => dimTensor(graph, dim));
  return parts.length === 1 && parts[0] !== undefined
    ? parts[0]
    : applySingle(graph, {
        type: 'Concat',
        inputs: parts,
        attributes: { axis: int(0) },
        outputs: [{ dtype: 'int64', shape: [dims.length] }],
      });
}

/** The size of an axis: int64 scalar. */
export function dimensionOf(x: Value, axis: number): Value {
  return dimensionScalar(x.graph, dimAt(x.shape, resolveAxis('dimensionOf', x.shape, axis)));
}

/** A dimension: int64 scalar. @throws ShapeError when no tensor of the graph has its symbols */
export function dimensionScalar(graph: Graph, dim: Dim): Value {
  if (typeof dim === 'number') return graph.scalar(dim, 'int64');
  return applySingle(graph, {
    type: 'Squeeze',
    inputs: [dimTensor(graph, dim)],
    outputs: [{ dtype: 'int64', shape: [] }],
  });
}

/** floor(dim / divisor): a number, or a symbol that is bound at run time. @throws ShapeError */
export function quotientDim(graph: Graph, dim: Dim, divisor: number): Dim {
  if (typeof dim === 'number') return Math.floor(dim / divisor);
  const int64 = { dtype: 'int64' as const, shape: [] };
  const inputs = [dimensionScalar(graph, dim), graph.scalar(divisor, 'int64')];
  const quotient = applySingle(graph, { type: 'Div', inputs, outputs: [int64] });
  const counted = applySingle(graph, {
    type: 'Range',
    inputs: [graph.scalar(0, 'int64'), quotient, graph.scalar(1, 'int64')],
    outputs: [{ ...int64, shape: [/^\w+$/.test(dim) ? `${dim}_over_${divisor}` : graph.freshDim()] }],
  });
  return dimAt(counted.shape, 0);
}

/** Whether the graph knows the size of `dim` at run time. */
export function isKnownDim(graph: Graph, dim: Dim): boolean {
  if (typeof dim === 'number' || graph.sourceOfDim(dim) !== undefined) return true;
  return dimTerms(dim).every(({ symbols }) =>
    symbols.every((symbol) => graph.sourceOfDim(symbol) !== undefined),
  );
}

/** int64 [1] */
function dimTensor(graph: Graph, dim: Dim): Value {
  if (typeof dim === 'number') return graph.constant('int64', [1], [dim]);
  const source = graph.sourceOfDim(dim);
  if (source === undefined) return evaluate(graph, dim);
  return applySingle(graph, {
    type: 'Shape',
    inputs: [source.value],
    attributes: { start: int(source.axis), end: int(source.axis + 1) },
    outputs: [{ dtype: 'int64', shape: [1] }],
  });
}

function evaluate(graph: Graph, dim: string): Value {
  if (!isKnownDim(graph, dim))
    throw new ShapeError('shape', [[dim]], 'no tensor of the graph has this dimension');
  const terms = dimTerms(dim).map(({ coefficient, symbols }) => {
    const factors = symbols.map((symbol) => dimTensor(graph, symbol));
    if (coefficient !== 1 || factors.length === 0) factors.push(graph.constant('int64', [1], [coefficient]));
    return factors.reduce((a, b) => arithmetic('Mul', a, b));
  });
  return terms.reduce((a, b) => arithmetic('Add', a, b));
}

function arithmetic(type: 'Add' | 'Mul', a: Value, b: Value): Value {
  return applySingle(a.graph, { type, inputs: [a, b], outputs: [{ dtype: 'int64', shape: [1] }] });
}
