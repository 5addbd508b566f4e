import { describe, expect, it } from 'vitest';

import type { Value } from '../index.ts';
import * as op from '../index.ts';
import type { CheckedInput } from '../testing/index.ts';
import { checkGradients } from '../testing/index.ts';
import { GRADIENT_RULES } from './table.ts';

type Case = readonly [build: (...inputs: Value[]) => Value, ...inputs: CheckedInput[]];

/** Numbers between `low` and `high`, no two closer than a check's step allows. */
function spread(at: readonly number[], low = -1.5, high = 1.5): CheckedInput {
  const count = at.reduce((product, dim) => product * dim, 1);
  const order = Array.from({ length: count }, (_, index) => (index * 7 + 3) % count);
  const slots = count % 7 === 0 ? [...order.keys()] : order;
  return { at, data: slots.map((slot) => low + ((slot + 0.5) / count) * (high - low)) };
}

const positive = spread([2, 3], 0.4, 2);
const matrix = spread([2, 3]);
const other = { ...spread([2, 3]), data: [1.3, -0.4, 0.7, 0.9, -1.2, 0.2] };
const row = spread([3], 0.5, 1.4);
const cube = spread([2, 3, 4]);
const whole = (at: readonly number[], data: readonly number[]): CheckedInput => ({
  dtype: 'int64',
  at,
  data,
});
const symbolic = (input: CheckedInput, ...shape: (number | string)[]): CheckedInput => ({ ...input, shape });

const product = (x: Value, y: Value): Value => op.matMul(x, y);

/** At least one check for each function of the op surface that carries a gradient, by its name. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  add: [
    [op.add, matrix, row],
    [op.add, spread([2, 1]), row],
  ],
  sub: [[op.sub, row, matrix]],
  mul: [
    [op.mul, matrix, row],
    [(x) => op.mul(x, x), matrix],
  ],
  div: [
    [op.div, matrix, row],
    [(x) => op.div(2, x), positive],
  ],
  minimum: [
    [op.minimum, matrix, other],
    [(x) => op.minimum(x, 0.1), matrix],
  ],
  maximum: [[op.maximum, matrix, other]],
  pow: [
    [(x) => op.pow(x, 2.5), positive],
    [(x) => op.pow(x, 2), matrix],
    [(x) => op.pow(x, 3), matrix],
  ],
  addAll: [[(x, y, z) => op.addAll([x, y, z]), matrix, row, other]],
  neg: [[op.neg, matrix]],
  exp: [[op.exp, matrix]],
  log: [[op.log, positive]],
  sqrt: [[op.sqrt, positive]],
  reciprocal: [[op.reciprocal, positive]],
  abs: [[op.abs, matrix]],
  tanh: [[op.tanh, matrix]],
  sigmoid: [[op.sigmoid, matrix]],
  erf: [[op.erf, matrix]],
  cos: [[op.cos, matrix]],
  sin: [[op.sin, matrix]],
  softplus: [[op.softplus, matrix]],
  where: [
    [(x, y) => op.where(op.greater(x.graph.constant('float32', [3], [1, 0, 1]), 0), x, y), row, matrix],
  ],
  cast: [
    [(x) => op.cast(op.cast(x, 'float32'), 'float32'), matrix],
    [(x) => op.mul(x, op.cast(op.cast(x, 'int64'), 'float32')), spread([3], 1.1, 1.9)],
  ],
  assumeShape: [[(x) => op.mul(op.assumeShape(x, ['A', 3]), 2), symbolic(matrix, 'B', 'C')]],
  matMul: [
    [product, matrix, spread([3, 2])],
    [product, cube, spread([4, 2])],
    [product, spread([2, 2, 3]), spread([2, 3, 2])],
    [product, spread([2, 1, 2, 3]), spread([3, 3, 2])],
    [product, matrix, spread([2, 3, 2])],
    ...[false, true].flatMap((transposeA) =>
      [false, true].flatMap((transposeB): Case[] => [
        [
          (x, y) => op.matMul(x, y, { transposeA, transposeB, alpha: 0.5 }),
          spread([2, 2, 2]),
          spread([2, 2]),
        ],
        [(x, y) => op.matMul(x, y, { transposeA, transposeB }), spread([2, 2, 2]), spread([2, 2, 2])],
        [(x, y) => op.matMul(x, y, { transposeA, transposeB }), spread([2, 2]), spread([2, 2, 2])],
      ]),
    ),
  ],
  linear: [[op.linear, symbolic(cube, 'B', 'T', 4), spread([2, 4]), spread([2])]],
  transpose: [[(x) => op.transpose(x, [2, 0, 1]), cube]],
  transposeLast: [
    [op.transposeLast, cube],
    [(x, y) => op.matMul(op.transposeLast(x), op.transposeLast(y)), cube, spread([2, 2, 3])],
  ],
  reshape: [
    [(x) => op.reshape(x, [4, -1]), cube],
    [(x) => op.reshape(x, ['B', 'T', 2, 2]), symbolic(cube, 'B', 'T', 4)],
    [
      (x) => op.mul(op.reshape(op.mul(op.reshape(x, [-1, 4]), 2), ['B', 'T', 4]), 3),
      symbolic(cube, 'B', 'T', 4),
    ],
  ],
  unsqueeze: [[(x) => op.unsqueeze(x, [0, 2]), symbolic(matrix, 'B', 'T')]],
  squeeze: [[(x) => op.squeeze(x, [1]), symbolic(spread([2, 1, 3]), 'B', 1, 'T')]],
  expand: [
    [(x) => op.expand(x, ['B', 2, 'T']), symbolic(spread([2, 1, 3]), 'B', 1, 'T')],
    [(x, y) => op.mul(op.expand(x, [2, 3]), y), row, matrix],
  ],
  concat: [
    [(x, y) => op.concat([x, y, x], 1), matrix, spread([2, 2])],
    [(x, y) => op.concat([x, y], -1), symbolic(matrix, 'B', 'S'), symbolic(spread([2, 2]), 'B', 'T')],
  ],
  slice: [
    [(x) => op.slice(x, { axis: 1, start: 1, end: 2 }), matrix],
    [(x) => op.slice(x, { axis: -1, end: -1 }), symbolic(matrix, 'B', 'T')],
    [(x) => op.slice(x, { axis: 0, start: 1 }), symbolic(matrix, 'B', 'T')],
    [
      (x, y) => op.slice(x, { axis: 1, start: 0, end: op.subtractDims(y.shape[0] ?? 1, 1) }),
      symbolic(matrix, 'B', 'S'),
      symbolic(spread([2]), 'T'),
    ],
  ],
  split: [
    [(x) => op.mul(op.split(x, 1, [1, 2])[1] ?? x, 2), matrix],
    [(x) => op.concat(op.split(x, 0, [1, 1]).toReversed(), 0), matrix],
  ],
  padAxis: [[(x) => op.padAxis(x, 1, [1, 2]), symbolic(matrix, 'B', 'T')]],
  gather: [
    [(x, ids) => op.gather(x, ids), spread([3, 2]), whole([2, 2], [0, 2, 2, 1])],
    [(x, ids) => op.gather(x, ids), spread([3]), symbolic(whole([2, 2], [0, 2, 2, 1]), 'B', 'T')],
    [
      (x, ids) => op.gather(x, ids),
      symbolic(spread([3, 2]), 'V', 2),
      symbolic(whole([2, 2], [0, 2, 2, 1]), 'B', 'T'),
    ],
    [(x, ids) => op.gather(x, ids, 1), cube, whole([2], [2, 0])],
    [(x) => op.gather(x, x.graph.scalar(1, 'int64'), 1), symbolic(cube, 'B', 'T', 4)],
  ],
  gatherElements: [[(x, ids) => op.gatherElements(x, ids, 1), matrix, whole([2, 2], [2, 2, 0, 1])]],
  scatterAdd: [
    [
      (x, ids, updates) => op.scatterAdd(x, ids, updates, 1),
      matrix,
      whole([2, 2], [2, 2, 0, 1]),
      spread([2, 2]),
    ],
  ],
  topK: [[(x) => op.topK(x, 2, 1).values, matrix]],
  trilu: [
    [(x) => op.trilu(x), spread([3, 3])],
    [(x) => op.trilu(x, { upper: true, k: 1 }), spread([3, 3])],
  ],
  reduceSum: [
    [(x) => op.reduceSum(x, [1]), cube],
    [(x) => op.mul(op.reduceSum(x), x), matrix],
  ],
  reduceMean: [
    [(x) => op.reduceMean(x, [0, 2], true), cube],
    [(x) => op.reduceMean(x), symbolic(matrix, 'B', 'T')],
  ],
  reduceMax: [[(x) => op.reduceMax(x, [1]), matrix]],
  reduceMin: [[(x) => op.reduceMin(x, [0], true), matrix]],
  reduceSumSquare: [[(x) => op.reduceSumSquare(x, [1]), matrix]],
  softmax: [
    [(x) => op.softmax(x), matrix],
    [(x) => op.softmax(x, 0), matrix],
  ],
  logSoftmax: [[(x) => op.logSoftmax(x), matrix]],
  cumSum: [
    [(x) => op.cumSum(x, 1), matrix],
    [(x) => op.cumSum(x, 1, { exclusive: true, reverse: true }), matrix],
  ],
  silu: [[op.silu, matrix]],
  gelu: [[op.gelu, matrix]],
  geluNew: [[op.geluNew, matrix]],
  logSigmoid: [[op.logSigmoid, matrix]],
  log1mExp: [[op.log1mExp, spread([6], -3, -0.3)]],
  rmsNorm: [[(x, gain) => op.rmsNorm(x, gain, 1e-5), symbolic(cube, 'B', 'T', 4), spread([4])]],
  layerNorm: [
    [
      (x, gain, bias) => op.layerNorm(x, gain, bias, 1e-5),
      symbolic(cube, 'B', 'T', 4),
      spread([4]),
      spread([4]),
    ],
  ],
  after: [
    [(x, y) => op.mul(op.after(x, y), y), matrix, row],
    [(x, y) => op.mul(op.after(op.mul(x, 2), x, y), y), symbolic(matrix, 'B', 3), symbolic(row, 3)],
  ],
  checkpoint: [
    [
      (x, w, gain) => {
        const before = op.mul(x, 0.5);
        const y = op.silu(op.linear(op.rmsNorm(before, gain, 1e-5), op.tanh(w)));
        return op.mul(op.checkpoint(before, op.add(before, y)), x);
      },
      symbolic(matrix, 'B', 3),
      spread([3, 3]),
      row,
    ],
    [
      (x, w) => {
        const first = op.checkpoint(x, op.tanh(op.linear(x, w)));
        return op.checkpoint(first, op.tanh(op.linear(first, w)));
      },
      symbolic(matrix, 'B', 3),
      spread([3, 3]),
    ],
  ],
  frozenLinear: [
    [
      (x) => op.frozenLinear(x, op.mul(x.graph.constant('float32', [2, 3], [1, -2, 3, 0.5, 0.2, -1]), 0.5)),
      symbolic(matrix, 'B', 3),
    ],
  ],
  projectedLogProbs: [
    ...[
      { bias: true, softcap: 1.5 },
      { bias: true, softcap: undefined },
      { bias: false, softcap: undefined },
    ].map(({ bias, softcap }): Case => [
      (x, weight, row, ids) =>
        op.projectedLogProbs(x, { weight, softcap, bias: bias ? row : undefined }, { ids, piece: 2 })
          .logProbs,
      symbolic(spread([2, 3]), 'N', 3),
      spread([5, 3]),
      spread([5]),
      symbolic(whole([2], [4, 1]), 'N'),
    ]),
    ...[
      { frozen: false, softcap: undefined },
      { frozen: true, softcap: undefined },
      { frozen: true, softcap: 1.5 },
    ].map(({ frozen, softcap }): Case => [
      (x, ids) => {
        const weight = x.graph.constant('float32', [5, 3], spread([5, 3]).data);
        return op.projectedLogProbs(x, { weight, softcap }, { ids, piece: 2, frozen }).logProbs;
      },
      symbolic(matrix, 'N', 3),
      symbolic(whole([2], [0, 3]), 'N'),
    ]),
  ],
  selectedLogProbs: [
    [op.selectedLogProbs, symbolic(cube, 'B', 'T', 4), symbolic(whole([2, 3], [0, 3, 1, 2, 2, 0]), 'B', 'T')],
  ],
  crossEntropy: [[op.crossEntropy, matrix, whole([2], [2, 0])]],
  rotaryEmbedding: [
    [rotate({}, 2), spread([1, 3, 8])],
    [rotate({}, 2), spread([1, 2, 3, 4])],
    [rotate({ rotaryDim: 2, numHeads: 2 }, 1), spread([1, 3, 8])],
    [rotate({ rotaryDim: 2, numHeads: 2 }, 1), spread([1, 2, 3, 4])],
  ],
};

/** Functions of the surface without a gradient, or that are not operators. */
const WITHOUT_GRADIENT = new Set([
  ...[
    'sign',
    'floor',
    'isNaN',
    'equal',
    'less',
    'lessOrEqual',
    'greater',
    'greaterOrEqual',
    'logicalAnd',
    'logicalOr',
    'logicalNot',
  ],
  ...[
    'oneHot',
    'range',
    'fill',
    'argMax',
    'nonZero',
    'dimensionOf',
    'dimensionScalar',
    'quotientDim',
    'shapeTensor',
    'stopGradient',
    'loop',
    'operator',
  ],
  ...[
    'float',
    'floats',
    'int',
    'ints',
    'text',
    'isFloat',
    'packElements',
    'toBfloat16Bits',
    'toFloat16Bits',
    'formatShape',
    'ShapeError',
  ],
  ...[
    'addDims',
    'divideDims',
    'elementCount',
    'multiplyDims',
    'sameDim',
    'subtractDims',
    'broadcastShapes',
    'sameShape',
  ],
  ...[
    'createGraph',
    'countOperators',
    'toOnnxModel',
    'gradients',
    'adamW',
    'biasCorrections',
    'clipByGlobalNorm',
    'globalNorm',
    'pack',
    'unpack',
    'learningRateAt',
  ],
]);

/** Rules that say "no gradient" where one might be expected. */
const ZERO_RULES = new Set(['Sign', 'Floor']);

const checkedTypes = new Set<string>();

/** Rotation of 3 tokens by tables whose rows are proper rotations. */
function rotate(options: { rotaryDim?: number; numHeads?: number }, half: number): Case[0] {
  return (x) => {
    const angles = Array.from({ length: 3 * half }, (_, index) => 0.4 * index + 0.1);
    return op.rotaryEmbedding(x, {
      positionIds: x.graph.constant('int64', [1, 3], [2, 0, 1]),
      cos: x.graph.constant('float32', [3, half], angles.map(Math.cos)),
      sin: x.graph.constant('float32', [3, half], angles.map(Math.sin)),
      ...options,
    });
  };
}

describe('gradient rules', () => {
  const cases = Object.entries(CASES).flatMap(([name, list]) =>
    list.map((check, index) => ({ name, index, check })),
  );
  it.each(cases)(
    '$name agrees with central differences (case $index)',
    async ({ check: [build, ...inputs] }) => {
      const { error, graph } = await checkGradients((values) => build(...values), inputs);
      for (const node of graph.nodes) checkedTypes.add(node.type);
      expect(error).toBeLessThan(1e-4);
    },
  );

  it('are checked for every function of the op surface', () => {
    const functions = Object.entries(op).flatMap(([name, item]) =>
      typeof item === 'function' ? [name] : [],
    );
    const unchecked = functions.filter((name) => !(name in CASES) && !WITHOUT_GRADIENT.has(name));
    expect(unchecked).toEqual([]);
  });

  it('are all exercised by the checks', () => {
    const idle = [...GRADIENT_RULES.keys()].filter(
      (type) => !checkedTypes.has(type) && !ZERO_RULES.has(type),
    );
    expect(idle).toEqual([]);
  });
});
