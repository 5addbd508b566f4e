import { createRng } from '@sipf/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyScores, bothKinds, score } from '../testing/any-scores.ts';
import { calibrationOf, fitTemperature, withTemperature } from './calibration.ts';

describe('calibration', () => {
  it('bins, errors and likelihood of a small case done by hand', () => {
    const scores = (
      [
        [90, true],
        [92, false],
        [10, false],
        [100, true],
      ] as const
    ).map(score);
    const { bins, ece, brier, logLoss } = calibrationOf(scores);
    expect(bins.map(({ count }) => count)).toEqual([1, 3]);
    expect(ece).toBeCloseTo(0.25 * 0.1 + 0.75 * Math.abs(2 / 3 - 2.82 / 3), 12);
    expect(brier).toBeCloseTo((0.01 + 0.92 ** 2 + 0.01 + 0) / 4, 12);
    const logs = Math.log(0.9) + Math.log(0.08) + Math.log(0.9) + Math.log(1 - 1e-6);
    expect(logLoss).toBeCloseTo(-logs / 4, 9);
  });

  it('has every step in one bin, and an ECE of at most 1', () => {
    fc.assert(
      fc.property(anyScores, fc.integer({ min: 1, max: 15 }), (scores, bins) => {
        const calibration = calibrationOf(scores, bins);
        expect(calibration.bins.reduce((sum, { count }) => sum + count, 0)).toBe(scores.length);
        expect(calibration.ece).toBeGreaterThanOrEqual(0);
        expect(calibration.ece).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('finds the temperature that labels were drawn with', () => {
    const rng = createRng('temperature');
    const scores = Array.from({ length: 20_000 }, () => {
      const logit = 2 * rng.normal();
      const isRight = rng.uniform() < 1 / (1 + Math.exp(-logit));
      return { probability: 1 / (1 + Math.exp(-2.5 * logit)), isRight };
    });
    const temperature = fitTemperature(scores);
    expect(temperature).toBeCloseTo(2.5, 0.5);
    const cooled = scores.map((one) => ({
      ...one,
      probability: withTemperature(one.probability, temperature),
    }));
    expect(calibrationOf(cooled).ece).toBeLessThan(0.02);
    expect(calibrationOf(scores).ece).toBeGreaterThan(0.08);
  });

  it('fits as well as any temperature on a grid', () => {
    fc.assert(
      fc.property(bothKinds, (scores) => {
        const lossAt = (temperature: number) =>
          calibrationOf(
            scores.map((one) => ({ ...one, probability: withTemperature(one.probability, temperature) })),
          ).logLoss;
        const fitted = lossAt(fitTemperature(scores));
        for (const temperature of [0.1, 0.5, 1, 2, 10, 40])
          expect(fitted).toBeLessThanOrEqual(lossAt(temperature) + 1e-4);
      }),
    );
  });
});
