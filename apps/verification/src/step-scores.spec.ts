import { expect, it } from 'vitest';
import { stepScores } from './step-scores.ts';

it('gives every aggregate beside the probabilities', () => {
  expect(stepScores([0.5, 0.25, 0.75])).toEqual({
    probabilities: [0.5, 0.25, 0.75],
    aggregates: { mean: 0.5, min: 0.25, product: 0.09375, last: 0.75 },
  });
});

it('refuses what is no probability rather than report it', () => {
  expect(() => stepScores([0.5, Number.NaN])).toThrow('must be in [0, 1]');
});
