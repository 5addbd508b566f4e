import { describe, expect, it } from 'vitest';

import { createGraph } from '../graph.ts';
import { runGraph } from '../testing/index.ts';
import { clipByGlobalNorm } from './clipping.ts';

async function clip(maxNorm: number) {
  const graph = createGraph('clip');
  const inputs = [graph.input('a', 'float32', [2]), graph.input('b', 'float32', [1, 1])];
  const { gradients, norm } = clipByGlobalNorm(inputs, maxNorm);
  gradients.forEach((gradient, index) => {
    graph.output(`clipped${index}`, gradient);
  });
  graph.output('norm', norm);
  const { clipped0, clipped1, norm: found } = await runGraph(graph, { a: [2, 3], b: [6] });
  return { norm: found?.data[0], gradients: [...(clipped0?.data ?? []), ...(clipped1?.data ?? [])] };
}

describe('clipByGlobalNorm', () => {
  it('scales all gradients together to the largest allowed norm', async () => {
    const { norm, gradients } = await clip(0.7);
    expect(norm).toBeCloseTo(7, 5);
    expect(Math.hypot(...gradients)).toBeCloseTo(0.7, 5);
    expect((gradients[2] ?? 0) / (gradients[0] ?? 1)).toBeCloseTo(3, 5);
  });

  it('leaves gradients within the norm as they are', async () => {
    expect((await clip(10)).gradients).toEqual([2, 3, 6]);
  });
});
