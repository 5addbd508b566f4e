import { describe, expect, it } from 'vitest';

import { createGraph } from '../graph.ts';
import { openGraph, runGraph } from '../testing/index.ts';
import { adamW, biasCorrections } from './adam-w.ts';

/** One parameter over `gradients` steps, written out in double precision from the algorithm in PyTorch's documentation. */
function reference(start: number, gradients: readonly number[], rate: number, decay: number): number {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  let [p, m, v] = [start, 0, 0];
  gradients.forEach((g, index) => {
    const t = index + 1;
    p -= rate * decay * p;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    p -= (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
  });
  return p;
}

function buildStep(weightDecay: number, epsilon?: number) {
  const graph = createGraph('adamw');
  const input = (name: string, shape: number[]) => graph.input(name, 'float32', shape);
  const state = {
    parameter: input('p', [2]),
    gradient: input('g', [2]),
    m: input('m', [2]),
    v: input('v', [2]),
  };
  const next = adamW(state, {
    learningRate: input('rate', []),
    biasCorrection1: input('c1', []),
    biasCorrection2: input('c2', []),
    weightDecay,
    ...(epsilon === undefined ? {} : { epsilon }),
  });
  graph.output('p_next', next.parameter);
  graph.output('m_next', next.m);
  graph.output('v_next', next.v);
  return graph;
}

describe('adamW', () => {
  it('follows PyTorch over six steps, with decoupled weight decay', async () => {
    const steps = [
      [0.5, -2],
      [0.1, 3],
      [-0.7, 0],
      [1.5, 1e-4],
      [0.01, -1],
      [0, 0.3],
    ];
    const runner = await openGraph(buildStep(0.1));
    let state: { p: readonly number[]; m: readonly number[]; v: readonly number[] } = {
      p: [1, -3],
      m: [0, 0],
      v: [0, 0],
    };
    for (const [index, g] of steps.entries()) {
      const { biasCorrection1: c1, biasCorrection2: c2 } = biasCorrections(index + 1);
      const next = await runner.run({ ...state, g, rate: 0.01, c1, c2 });
      state = { p: next['p_next']?.data ?? [], m: next['m_next']?.data ?? [], v: next['v_next']?.data ?? [] };
    }
    await runner.release();
    [1, -3].forEach((start, index) => {
      const expected = reference(
        start,
        steps.map((g) => g[index] ?? 0),
        0.01,
        0.1,
      );
      expect(Math.abs((state.p[index] ?? NaN) - expected)).toBeLessThan(2e-6);
    });
  });

  it('moves by the whole learning rate at the first step, whatever the size of the gradient', async () => {
    const { biasCorrection1: c1, biasCorrection2: c2 } = biasCorrections(1);
    const next = await runGraph(buildStep(0), {
      p: [1, 1],
      g: [1e-3, -50],
      m: [0, 0],
      v: [0, 0],
      rate: 0.1,
      c1,
      c2,
    });
    expect(next['p_next']?.data[0]).toBeCloseTo(0.9, 5);
    expect(next['p_next']?.data[1]).toBeCloseTo(1.1, 5);
  });

  it('adds epsilon outside the root and after the bias correction', async () => {
    const { biasCorrection1: c1, biasCorrection2: c2 } = biasCorrections(1);
    const feeds = { p: [0, 0], g: [0.5, 0.5], m: [0, 0], v: [0, 0], rate: 1, c1, c2 };
    const next = await runGraph(buildStep(0, 0.5), feeds);
    // m / c1 = 0.5 and sqrt(v / c2) = 0.5, so the step is 0.5 / (0.5 + 0.5).
    expect(next['p_next']?.data[0]).toBeCloseTo(-0.5, 5);
  });
});
