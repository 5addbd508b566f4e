import { expect, it } from 'vitest';
import { subtractDims } from '../dimension.ts';
import { createGraph } from '../graph.ts';
import { openGraph } from '../testing/index.ts';
import { split } from './joining.ts';
import { quotientDim } from './run-time-shape.ts';

it('cuts an axis in parts whose size is known at run time alone', async () => {
  const graph = createGraph('parts');
  const x = graph.input('x', 'float32', ['T']);
  const third = quotientDim(graph, 'T', 3);
  expect(quotientDim(graph, 'T', 3)).toBe(third);
  split(x, 0, [third, subtractDims('T', third)]).forEach((part, index) => {
    graph.output(`part${index}`, part);
  });
  const runner = await openGraph(graph);
  for (const length of [3, 8]) {
    const data = Array.from({ length }, (_, index) => index);
    const { part0, part1 } = await runner.run({ x: { shape: [length], data } });
    expect([part0?.data, part1?.data]).toEqual([
      data.slice(0, Math.floor(length / 3)),
      data.slice(Math.floor(length / 3)),
    ]);
  }
  await runner.release();
});

it('divides a number at once, and a sum of symbols as well as one', () => {
  const graph = createGraph('parts');
  graph.input('x', 'float32', ['S', 'T']);
  expect(quotientDim(graph, 11, 4)).toBe(2);
  expect(quotientDim(graph, 'S+T', 2)).not.toBe(quotientDim(graph, 'T', 2));
});
