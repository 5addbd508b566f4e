import { describe, expect, it } from 'vitest';

import { createGraph } from '../graph.ts';
import { countOperators } from '../onnx/model.ts';
import { operator, stopGradient } from '../operators/convert.ts';
import { add, exp, mul } from '../operators/elementwise.ts';
import { gather } from '../operators/indexing.ts';
import { transpose } from '../operators/layout.ts';
import { linear, matMul } from '../operators/mat-mul.ts';
import { reduceSum } from '../operators/reduction.ts';
import { runGraph } from '../testing/index.ts';
import { gradients } from './gradients.ts';

describe('gradients', () => {
  it('sum over every use of a value and stop at stopGradient', async () => {
    const graph = createGraph('uses');
    const x = graph.input('x', 'float32', []);
    const loss = add(add(mul(x, x), exp(x)), mul(stopGradient(x), x));
    const [dx] = gradients(loss, [x]);
    graph.output('dx', dx ?? x);
    const result = await runGraph(graph, { x: 2 });
    expect(result['dx']?.data[0]).toBeCloseTo(4 + Math.exp(2) + 2, 4);
  });

  it('are zeros of the right shape by a value that the loss does not see', async () => {
    const graph = createGraph('unseen');
    const [x, y] = [graph.input('x', 'float32', []), graph.input('y', 'float32', ['B', 2])];
    const [dy] = gradients(mul(x, x), [y]);
    graph.output('dy', dy ?? y);
    expect((await runGraph(graph, { x: 1, y: { shape: [2, 2], data: [1, 2, 3, 4] } }))['dy']).toEqual({
      shape: [2, 2],
      data: [0, 0, 0, 0],
    });
  });

  it('can be taken by an intermediate value and twice in a row', async () => {
    const graph = createGraph('twice');
    const x = graph.input('x', 'float32', []);
    const squared = mul(x, x);
    const [bySquare] = gradients(mul(squared, squared), [squared]);
    const [first] = gradients(mul(squared, x), [x]);
    const [second] = gradients(first ?? x, [x]);
    graph.output('bySquare', bySquare ?? x);
    graph.output('second', second ?? x);
    const result = await runGraph(graph, { x: 3 });
    expect([result['bySquare']?.data[0], result['second']?.data[0]]).toEqual([18, 18]);
  });

  it('name the operator that has no rule', () => {
    const graph = createGraph('missing');
    const x = graph.input('x', 'float32', []);
    const [y] = operator({ type: 'Atan', inputs: [x], outputs: [{ dtype: 'float32', shape: [] }] });
    expect(() => gradients(y ?? x, [x])).toThrow(
      expect.objectContaining({
        kind: 'unimplemented',
        reason: 'NO_GRADIENT_RULE',
        metadata: { operator: 'Atan' },
      }),
    );
  });

  it('refuse a loss that is not a scalar', () => {
    const x = createGraph('vector').input('x', 'float32', [2]);
    expect(() => gradients(x, [x])).toThrow(/the loss must be a scalar/);
  });

  it('of a product never transpose a tensor', () => {
    const graph = createGraph('products');
    const x = graph.input('x', 'float32', ['B', 'T', 4]);
    const [w, u] = [graph.input('w', 'float32', [5, 4]), graph.input('u', 'float32', [5, 3])];
    const scores = matMul(linear(x, w), transpose(linear(x, w), [0, 2, 1]), { alpha: 0.5 });
    const loss = add(reduceSum(mul(scores, scores)), reduceSum(matMul(linear(x, w), u)));
    gradients(loss, [x, w, u]).forEach((gradient, index) => {
      graph.output(`d${index}`, gradient);
    });
    expect(countOperators(graph).has('Transpose')).toBe(false);
  });

  it('of a table add up repeated and negative ids', async () => {
    const rows = 3;
    const graph = createGraph('table');
    const table = graph.input('table', 'float32', [rows, 2]);
    const picked = gather(table, graph.constant('int64', [4], [2, 0, 2, -1]));
    const weights = graph.constant('float32', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    graph.output('d', gradients(reduceSum(mul(picked, weights)), [table])[0] ?? table);
    const { d } = await runGraph(graph, { table: Array.from({ length: rows * 2 }, () => 0) });
    const expected = Array.from({ length: rows * 2 }, () => 0);
    [2, 0, 2, rows - 1].forEach((id, row) => {
      for (const column of [0, 1])
        expected[id * 2 + column] = (expected[id * 2 + column] ?? 0) + row * 2 + column + 1;
    });
    expect(d?.data).toEqual(expected);
  });
});
