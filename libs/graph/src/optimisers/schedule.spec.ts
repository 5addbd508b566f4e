import { describe, expect, it } from 'vitest';

import { learningRateAt } from './schedule.ts';

describe('learningRateAt', () => {
  it('rises from 0 to the peak over the warm-up', () => {
    const schedule = { kind: 'linear', peak: 2, warmupSteps: 4, totalSteps: 12 } as const;
    expect([0, 1, 2, 3, 4].map((step) => learningRateAt(schedule, step))).toEqual([0, 0.5, 1, 1.5, 2]);
  });

  it('falls in a straight line to 0 and stays there', () => {
    const schedule = { kind: 'linear', peak: 2, warmupSteps: 4, totalSteps: 12 } as const;
    expect([4, 6, 8, 12, 20].map((step) => learningRateAt(schedule, step))).toEqual([2, 1.5, 1, 0, 0]);
  });

  it('falls along half a cosine', () => {
    const rates = [0, 25, 50, 75, 100].map((step) =>
      learningRateAt({ kind: 'cosine', peak: 1, totalSteps: 100 }, step),
    );
    [1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2, 0].forEach((expected, index) => {
      expect(rates[index]).toBeCloseTo(expected, 12);
    });
  });

  it('stays at the peak when constant', () => {
    expect(learningRateAt({ kind: 'constant', peak: 3e-4, totalSteps: 10 }, 9)).toBe(3e-4);
  });

  it('refuses a warm-up longer than the run', () => {
    expect(() => learningRateAt({ kind: 'linear', peak: 1, warmupSteps: 5, totalSteps: 4 }, 0)).toThrow(
      /warmupSteps \(5\)/,
    );
  });
});
