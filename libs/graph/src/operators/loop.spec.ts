import { expect, it } from 'vitest';
import { createGraph } from '../graph.ts';
import { countOperators } from '../onnx/model.ts';
import { runGraph } from '../testing/index.ts';
import { add, less, mul } from './elementwise.ts';
import { gather } from './indexing.ts';
import { loop } from './loop.ts';

it('repeats a turn that reads values around it, carries some on and keeps others of every turn', async () => {
  const graph = createGraph('sums');
  const x = graph.input('x', 'float32', ['B']);
  const table = graph.initializer('table', 'float32', [4], Float32Array.of(1, 10, 100, 1000));
  const doubled = mul(x, 2);
  const { carried, collected } = loop(graph.input('turns', 'int64', []), [x], (index, [sum]) => {
    const next = add(add(sum as typeof x, doubled), gather(table, index, 0));
    return { carried: [next], collected: [mul(next, 0.5)], goesOn: less(index, 9) };
  });
  graph.output('last', carried[0] as typeof x);
  graph.output('halves', collected[0] as typeof x);
  const results = await runGraph(graph, { x: { shape: [2], data: [1, 2] }, turns: { shape: [], data: [3] } });
  expect(results['last']).toEqual({ shape: [2], data: [118, 125] });
  expect(results['halves']).toEqual({ shape: [3, 2], data: [2, 3.5, 8, 10.5, 59, 62.5] });
});

it('ends where a turn says so, and computes what depends on no turn once, outside', async () => {
  const graph = createGraph('early');
  const x = graph.input('x', 'float32', [1]);
  const { collected } = loop(graph.scalar(100, 'int64'), [x], (index, [value]) => ({
    carried: [add(value as typeof x, mul(x, 3))],
    collected: [index],
    goesOn: less(index, 4),
  }));
  graph.output('turns', collected[0] as typeof x);
  expect(graph.nodes.map(({ type }) => type)).toEqual(['Mul', 'Loop']);
  expect(countOperators(graph).get('Less')).toBe(1);
  const { turns } = await runGraph(graph, { x: [1] });
  expect(turns?.data).toEqual([0, 1, 2, 3, 4]);
});

it('knows the values of graphs inside each other by one name each, and those of others not at all', () => {
  const graph = createGraph('outer');
  const x = graph.input('x', 'float32', [1]);
  let inside = x;
  loop(graph.scalar(2, 'int64'), [x], (index, [value]) => {
    inside = add(value as typeof x, x);
    return { carried: [inside], collected: [], goesOn: less(index, 1) };
  });
  expect(() => graph.input('turn.index', 'int64', [])).toThrow(/turn.index/);
  expect(() => {
    graph.output('inside', inside);
  }).toThrow(/belongs to graph outer.turn/);
  expect(() => add(inside, createGraph('other').input('y', 'float32', [1]))).toThrow(/belongs to graph/);
});
