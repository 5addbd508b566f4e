import { describe, expect, it } from 'vitest';

import { gradients } from '../gradients/gradients.ts';
import { createGraph } from '../graph.ts';
import { reduceSum } from '../operators/reduction.ts';
import { runGraph } from '../testing/index.ts';
import { selectedLogProbs } from './log-probs.ts';

describe('selectedLogProbs', () => {
  it('picks log-probabilities and stays finite, gradients included, for logits of any size', async () => {
    const graph = createGraph('picked');
    const logits = graph.input('logits', 'float32', ['B', 'T', 3]);
    const ids = graph.input('ids', 'int64', ['B', 'T']);
    const chosen = selectedLogProbs(logits, ids);
    graph.output('chosen', chosen);
    graph.output('d', gradients(reduceSum(chosen), [logits])[0] ?? logits);
    const { chosen: found, d } = await runGraph(graph, {
      logits: { shape: [1, 3, 3], data: [0, 0, 0, 1000, 0, -1000, 1, 2, 3] },
      ids: { shape: [1, 3], data: [1, 2, 2] },
    });
    expect(found?.shape).toEqual([1, 3]);
    const expected = [-Math.log(3), -2000, -Math.log(1 + Math.exp(-1) + Math.exp(-2))];
    expected.forEach((value, index) => {
      expect(found?.data[index]).toBeCloseTo(value, 4);
    });
    expect(d?.data.slice(3, 6).map((slope) => slope + 0)).toEqual([-1, 0, 1]);
  });
});
