import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dimTerms } from '../dimension.ts';
import * as op from '../index.ts';
import type { Dim, Value } from '../index.ts';
import { createGraph, ShapeError } from '../index.ts';
import { runGraph } from '../testing/index.ts';

/** Sizes behind the symbols of generated shapes; all different, and none equal to a literal. */
const SIZES: Readonly<Record<string, number>> = { B: 2, T: 5, S: 7 };
const dim = fc.constantFrom<Dim>(1, 3, 4, 'B', 'T', 'S');
const shape = fc.array(dim, { minLength: 1, maxLength: 4 });
const runs = { numRuns: 40, seed: 20250 };

function sizeOf(size: Dim): number {
  return dimTerms(size).reduce(
    (total, { coefficient, symbols }) =>
      total + symbols.reduce((product, symbol) => product * (SIZES[symbol] ?? NaN), coefficient),
    0,
  );
}

/** Builds on inputs of these shapes, runs, and gives inferred and real shapes of each result. */
async function compare(
  shapes: readonly (readonly Dim[])[],
  build: (...inputs: Value[]) => Value | readonly Value[],
) {
  const graph = createGraph('shapes');
  const inputs = shapes.map((dims, index) => graph.input(`x${index}`, 'float32', dims));
  const results = [build(...inputs)].flat();
  results.forEach((value, index) => {
    graph.output(`y${index}`, value);
  });
  const feeds = inputs.map((input): [string, { shape: number[]; data: number[] }] => {
    const at = input.shape.map(sizeOf);
    const count = at.reduce((a, b) => a * b, 1);
    return [input.name, { shape: at, data: Array.from({ length: count }, (_, index) => (index % 5) - 2) }];
  });
  const fetched = await runGraph(graph, Object.fromEntries(feeds));
  return {
    inferred: results.map((value) => value.shape.map(sizeOf)),
    real: results.map((_, index) => fetched[`y${index}`]?.shape),
  };
}

async function expectAgreement(...args: Parameters<typeof compare>): Promise<void> {
  const { inferred, real } = await compare(...args);
  expect(inferred).toEqual(real);
}

/** A shape together with one that broadcasts against it, on either side. */
const broadcastable = fc
  .tuple(
    shape,
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.nat(3),
  )
  .map(([dims, left, right, drop]): [Dim[], Dim[]] => [
    dims.map((size, axis) => (left[axis] === true ? 1 : size)),
    dims.map((size, axis) => (right[axis] === true ? 1 : size)).slice(Math.min(drop, dims.length)),
  ]);

describe('inferred shapes equal those of ONNX Runtime', () => {
  it('for broadcasting', async () => {
    await fc.assert(
      fc.asyncProperty(broadcastable, ([a, b]) =>
        expectAgreement([a, b], (x, y) => [
          op.add(x, y),
          op.less(y, x),
          op.where(op.less(x, y), y, x),
          op.addAll([x, y, x]),
        ]),
      ),
      runs,
    );
  });

  it('for matrix products of every layout', async () => {
    const layout = fc.record({
      batch: broadcastable,
      m: dim,
      k: dim,
      n: dim,
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    });
    const property = fc.asyncProperty(layout, ({ batch: [left, right], m, k, n, transposeA, transposeB }) => {
      const a = [...left, ...(transposeA ? [k, m] : [m, k])];
      const b = [...right, ...(transposeB ? [n, k] : [k, n])];
      return expectAgreement([a, b], (x, y) => op.matMul(x, y, { transposeA, transposeB }));
    });
    await fc.assert(property, runs);
  });

  it('for reductions, with and without kept axes', async () => {
    const property = fc.asyncProperty(
      shape,
      fc.subarray([0, 1, 2, 3]),
      fc.boolean(),
      (dims, chosen, keep) => {
        const axes = chosen.filter((axis) => axis < dims.length);
        return expectAgreement([dims], (x) => [
          op.reduceSum(x, axes, keep),
          op.reduceMean(x, axes, keep),
          op.reduceMax(x, axes, keep),
          op.reduceSumSquare(x, axes, keep),
          op.reduceSum(x),
          op.argMax(x, -1, keep),
        ]);
      },
    );
    await fc.assert(property, runs);
  });

  it('for transpose, unsqueeze, squeeze and expand', async () => {
    const permuted = shape.chain((dims) =>
      fc.tuple(fc.constant(dims), fc.shuffledSubarray([...dims.keys()], { minLength: dims.length })),
    );
    const property = fc.asyncProperty(permuted, ([dims, perm]) =>
      expectAgreement([dims], (x) => [
        op.transpose(x, perm),
        op.unsqueeze(x, [0, -1]),
        op.squeeze(op.unsqueeze(x, [1]), [1]),
        op.expand(op.unsqueeze(x, [0]), [6, ...dims]),
      ]),
    );
    await fc.assert(property, {
      ...runs,
      examples: [
        [
          [
            ['T', 1],
            [1, 0],
          ],
        ],
      ],
    });
  });

  it('for reshapes that merge and part symbolic axes', async () => {
    const property = fc.asyncProperty(fc.tuple(dim, dim, dim), ([a, b, c]) =>
      expectAgreement([[a, b, c]], (x) => [
        op.reshape(x, [op.multiplyDims(a, b), c]),
        op.reshape(op.mul(op.reshape(x, [-1]), 2), [c, b, a]),
        op.reshape(x, [b, -1]),
      ]),
    );
    await fc.assert(property, runs);
  });

  it('for concat, slice, split and padding along symbolic axes', async () => {
    const property = fc.asyncProperty(fc.tuple(dim, dim, dim), fc.nat(2), ([a, b, c], axis) => {
      const other = [a, b, c].map((size, index) => (index === axis ? 'S' : size));
      return expectAgreement([[a, b, c], other], (x, y) => {
        const joined = op.concat([x, y], axis);
        return [
          joined,
          ...op.split(joined, axis, [x.shape[axis] ?? 1, 'S']),
          op.slice(joined, { axis, start: 1 }),
          op.slice(joined, { axis, end: -1 }),
          op.padAxis(x, axis, ['S', 1]),
        ];
      });
    });
    await fc.assert(property, runs);
  });

  it('for indexing', async () => {
    const property = fc.asyncProperty(fc.tuple(dim, dim, dim), fc.nat(2), ([a, b, c], axis) =>
      expectAgreement([[a, b, c]], (x) => {
        const ids = op.cast(op.mul(op.range(x.graph, c), 0), 'int64');
        return [
          op.gather(x, ids, axis),
          op.gather(x, x.graph.scalar(0, 'int64'), axis),
          op.oneHot(ids, 4),
          op.topK(x, 1, axis).indices,
          op.fill(x.graph, 'float32', [c, a], 1),
        ];
      }),
    );
    await fc.assert(property, runs);
  });
});

describe('shapes that an operator cannot take', () => {
  const graph = createGraph('errors');
  const x = graph.input('x', 'float32', ['B', 'T', 4]);
  const y = graph.input('y', 'float32', ['B', 'S', 3]);

  it.each<[string, () => unknown, RegExp]>([
    ['addition', () => op.add(x, y), /^Add\(\[B, T, 4\], \[B, S, 3\]\)/],
    [
      'a product',
      () => op.matMul(x, y),
      /^matMul\(\[B, T, 4\], \[B, S, 3\]\): inner dimensions 4 and S differ/,
    ],
    ['a reshape', () => op.reshape(x, ['B', 5]), /^reshape/],
    ['a concatenation', () => op.concat([x, y], 0), /^concat/],
    ['a split', () => op.split(x, 2, [1, 2]), /^split/],
    ['a slice', () => op.slice(x, { axis: 2, end: 9 }), /^slice/],
    ['an axis', () => op.softmax(x, 3), /^Softmax\(\[B, T, 4\]\): has no axis 3/],
    ['an expansion', () => op.expand(x, ['B', 'T', 8]), /^expand/],
    ['a squeeze', () => op.squeeze(x, [0]), /^squeeze/],
    ['a permutation', () => op.transpose(x, [0, 1, 1]), /^transpose/],
    ['an unknown symbol', () => op.dimensionScalar(graph, 'Q'), /no tensor of the graph has this dimension/],
  ])('of %s are named with the operator', (_, build, message) => {
    expect(build).toThrow(ShapeError);
    expect(build).toThrow(message);
  });

  it('never take one symbol for another', () => {
    expect(() => op.mul(x, graph.input('z', 'float32', ['B', 'S', 4]))).toThrow(
      /axis -2 cannot be broadcast/,
    );
  });

  it('differ from types that do not agree, which have a reason of their own', () => {
    expect(() => op.add(x, graph.input('n', 'int64', []))).toThrow(
      expect.objectContaining({ reason: 'DTYPE_MISMATCH' }),
    );
  });

  it('and values of another graph are refused', () => {
    expect(() => op.add(x, createGraph('other').input('x', 'float32', [4]))).toThrow(
      /belongs to graph other/,
    );
  });
});
