import { readNumber } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import { elementCount } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { fill, gatherElements, scatterAdd } from '../operators/indexing.ts';
import { expand, reshape, transpose } from '../operators/layout.ts';
import { dimAt } from '../shape.ts';
import type { GradientRule } from './rule.ts';

/** Rules of operators that pick elements by index. */
export const INDEXING_RULES: Readonly<Record<string, GradientRule>> = {
  Gather: ({ a, b, g, attributes }) => [gatherCotangent(a, b, g, readNumber(attributes, 'axis', 0))],
  GatherElements: ({ a, b, g, attributes }) => [
    scatterAdd(zerosLike(a), b, g, readNumber(attributes, 'axis', 0)),
  ],
  ScatterElements: ({ b, g, attributes }) => [
    g,
    undefined,
    gatherElements(g, b, readNumber(attributes, 'axis', 0)),
  ],
  TopK: ({ a, node, g, attributes }) => {
    const indices = node.outputs[1];
    return [
      indices === undefined
        ? undefined
        : scatterAdd(zerosLike(a), indices, g, readNumber(attributes, 'axis', 0)),
    ];
  },
};

function zerosLike(x: Value): Value {
  return fill(x.graph, x.dtype, x.shape, 0);
}

/** Rows of g summed into the rows of x that they were read from. */
function gatherCotangent(x: Value, indices: Value, g: Value, axis: number): Value {
  const toFront = [axis, ...[...x.shape.keys()].filter((at) => at !== axis)];
  const indexAxes = indices.shape.map((_, at) => axis + at);
  const rest = [...g.shape.keys()].filter((at) => !indexAxes.includes(at));
  const rows = dimAt(x.shape, axis);
  const width = elementCount(x.shape.filter((_, at) => at !== axis));
  const count = elementCount(indices.shape);
  const sum = sumRows(
    rows,
    reshape(indices, [count]),
    reshape(transpose(g, [...indexAxes, ...rest]), [count, width]),
  );
  const front = reshape(
    sum,
    toFront.map((at) => dimAt(x.shape, at)),
  );
  return transpose(
    front,
    toFront.map((_, at) => toFront.indexOf(at)),
  );
}

/** [rows, R] from ids [n] and g [n, R] */
function sumRows(rows: Dim, ids: Value, g: Value): Value {
  const zeros = fill(g.graph, g.dtype, [rows, dimAt(g.shape, 1)], 0);
  return scatterAdd(zeros, expand(reshape(ids, [dimAt(g.shape, 0), 1]), g.shape), g, 0);
}
