import { createRng } from '@sipf/random';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawToken } from './draw.ts';

it('draws each token as often as its probability says', () => {
  const probabilities = Float64Array.from([0.1, 0, 0.6, 0.3]);
  const rng = createRng('draw');
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 100_000; i++) {
    const id = drawToken(probabilities, rng.uniform());
    counts[id] = (counts[id] as number) + 1;
  }
  counts.forEach((count, id) => {
    expect(Math.abs(count / 100_000 - (probabilities[id] as number))).toBeLessThan(0.006);
  });
});

it('never draws a token of probability 0, even where rounding leaves the sum short of 1', () => {
  const row = fc
    .array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 30 })
    .filter((a) => a.some((x) => x > 0));
  fc.assert(
    fc.property(row, fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }), (weights, uniform) => {
      const total = weights.reduce((a, b) => a + b, 0);
      const short = Float32Array.from(weights, (weight) => (weight / total) * (1 - 1e-4));
      expect(short[drawToken(short, uniform)]).toBeGreaterThan(0);
    }),
  );
});

it('reads one row of a matrix', () => {
  const matrix = Float32Array.from([1, 0, 0, 0, 0, 1]);
  expect(drawToken(matrix, 0.5, { offset: 3, length: 3 })).toBe(2);
});
