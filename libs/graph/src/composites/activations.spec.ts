import { describe, expect, it } from 'vitest';

import { gradients } from '../gradients/gradients.ts';
import type { Value } from '../graph.ts';
import { createGraph } from '../graph.ts';
import { reduceSum } from '../operators/reduction.ts';
import { runGraph } from '../testing/index.ts';
import { geluNew, log1mExp, logSigmoid, silu } from './activations.ts';

/** f and its derivative at float32 points. */
async function evaluate(f: (x: Value) => Value, points: readonly number[]) {
  const graph = createGraph('f');
  const x = graph.input('x', 'float32', ['N']);
  const y = f(x);
  graph.output('y', y);
  graph.output('slope', gradients(reduceSum(y), [x])[0] ?? x);
  const { y: values, slope } = await runGraph(graph, { x: { shape: [points.length], data: points } });
  return { values: values?.data ?? [], slopes: slope?.data ?? [] };
}

describe('log1mExp', () => {
  it('is finite with a finite slope at 10,000 extreme arguments, positive ones and zero included', async () => {
    const points = Array.from(
      { length: 10_000 },
      (_, index) => -(10 ** ((index % 500) / 8 - 24)) * (index % 7 === 0 ? -1 : 1),
    );
    const { values, slopes } = await evaluate(log1mExp, [...points, 0, -0]);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(slopes.every(Number.isFinite)).toBe(true);
  });

  it('keeps its relative precision where 1 - e^x would cancel and where e^x vanishes', async () => {
    const points = [-1e-6, -1e-4, -0.01, -0.5, -Math.LN2, -1, -5, -15].map(Math.fround);
    const { values, slopes } = await evaluate(log1mExp, points);
    points.forEach((x, index) => {
      const expected = Math.log(-Math.expm1(x));
      expect(Math.abs((values[index] ?? NaN) - expected)).toBeLessThan(
        1e-6 * Math.max(0.2, Math.abs(expected)),
      );
      const slope = Math.exp(x) / Math.expm1(x);
      expect(Math.abs((slopes[index] ?? NaN) / slope - 1)).toBeLessThan(1e-5);
    });
  });
});

describe('activations', () => {
  it.each<[string, (x: Value) => Value, (x: number) => number]>([
    ['silu', silu, (x) => x / (1 + Math.exp(-x))],
    ['geluNew', geluNew, (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
    ['logSigmoid', logSigmoid, (x) => -Math.log1p(Math.exp(-x))],
  ])('%s follows its formula', async (_, f, formula) => {
    const points = Array.from({ length: 81 }, (__, index) => (index - 40) / 5);
    const { values } = await evaluate(f, points);
    points.forEach((x, index) => {
      expect(Math.abs((values[index] ?? NaN) - formula(x))).toBeLessThan(3e-6);
    });
  });

  it('stay finite, slopes included, for arguments of any size', async () => {
    for (const f of [silu, geluNew, logSigmoid]) {
      const { values, slopes } = await evaluate(f, [-1e4, -100, 100, 1e4]);
      expect([...values, ...slopes].every(Number.isFinite)).toBe(true);
    }
  });
});
