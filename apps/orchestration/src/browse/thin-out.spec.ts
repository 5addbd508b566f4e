import { expect, it } from 'vitest';
import { thinOut } from './thin-out.ts';

const metrics = (values: readonly number[]) => ({
  steps: values.map((_, at) => at + 1),
  series: new Map([['loss', [...values]]]),
});

it('leaves curves alone that fit', () => {
  const { steps, curves, recordedSteps } = thinOut('sft-0', metrics([3, 2, 1]), 3);
  expect({ steps, curves, recordedSteps }).toEqual({
    steps: [1, 2, 3],
    curves: [{ name: 'loss', mean: [3, 2, 1], low: [], high: [] }],
    recordedSteps: 3n,
  });
});

it('keeps the mean and the extremes of the steps behind a point', () => {
  const { steps, curves } = thinOut('sft-0', metrics([1, 3, 2, 100, 4]), 3);
  expect(steps).toEqual([2, 4, 5]);
  expect(curves[0]).toEqual({ name: 'loss', mean: [2, 51, 4], low: [1, 2, 4], high: [3, 100, 4] });
});

it('never has more points than asked for, and every point a step', () => {
  for (const count of [1, 2, 499, 500, 501, 999, 1001, 12_345]) {
    const { steps } = thinOut('s', metrics(Array.from({ length: count }, (_, at) => at)), 500);
    expect(steps.length).toBeLessThanOrEqual(500);
    expect(steps.at(-1)).toBe(count);
  }
});

it('passes over steps that lack a metric', () => {
  const { curves } = thinOut('s', metrics([NaN, 2, NaN, NaN]), 2);
  expect(curves[0]).toEqual({ name: 'loss', mean: [2, NaN], low: [2, NaN], high: [2, NaN] });
});
