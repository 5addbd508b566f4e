import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logOddsOf, logProbabilityOf, probabilityOf } from './log-odds.ts';
import { pathLogReward } from './log-rewards.ts';
import { pathReward, rewardAggregations } from './path-rewards.ts';

const ODDS = fc.double({ min: -60, max: 60, noNaN: true });
const PATH = fc.array(ODDS, { minLength: 1, maxLength: 12 });

describe('a probability of log-odds', () => {
  it.each([
    [0, 0.5],
    [Math.log(3), 0.75],
    [-20, 2.0611536181902037e-9],
    [-100, 3.720075976020836e-44],
    [-690, 2.1717e-300],
    [-Infinity, 0],
    [Infinity, 1],
  ])('of %d is %d to the last digits', (logOdds, wanted) => {
    const found = probabilityOf(logOdds);
    expect(Math.abs(found - wanted)).toBeLessThanOrEqual(
      1e-4 * Math.min(wanted, 1 - wanted) + Number.MIN_VALUE,
    );
  });

  it('and that against it sum to 1, and its logarithm is its logarithm', () => {
    fc.assert(
      fc.property(ODDS, (logOdds) => {
        expect(probabilityOf(logOdds) + probabilityOf(-logOdds)).toBeCloseTo(1, 15);
        const log = logProbabilityOf(logOdds);
        expect(Math.abs(log - Math.log(probabilityOf(logOdds)))).toBeLessThanOrEqual(
          1e-15 * (1 + Math.abs(log)),
        );
        expect(log).toBeLessThan(0);
      }),
    );
  });

  it('inverts to them, as closely as the probability allows', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 15, noNaN: true }), (logOdds) => {
        expect(logOddsOf(probabilityOf(logOdds))).toBeCloseTo(logOdds, 7);
      }),
    );
    expect([0, 1].map(logOddsOf)).toEqual([-Infinity, Infinity]);
  });
});

describe('the logarithm of a reward', () => {
  it.each(rewardAggregations)('is that of the reward by %s', (aggregation) => {
    fc.assert(
      fc.property(PATH, (path) => {
        const log = pathLogReward(path, aggregation);
        const wanted = Math.log(pathReward(path.map(probabilityOf), aggregation));
        expect(Math.abs(log - wanted)).toBeLessThanOrEqual(1e-13 * (1 + Math.abs(wanted)));
      }),
    );
  });

  it.each(rewardAggregations)(
    'by %s separates paths that differ in a step, near 0 and near 1',
    (aggregation) => {
      fc.assert(
        fc.property(ODDS, ODDS, fc.integer({ min: 1, max: 400 }), (one, other, steps) => {
          fc.pre(Math.abs(one - other) > 1e-3);
          const [low, high] = [Math.min(one, other), Math.max(one, other)];
          const path = (odds: number): number[] => Array.from({ length: steps }, () => odds);
          expect(pathLogReward(path(low), aggregation)).toBeLessThan(pathLogReward(path(high), aggregation));
        }),
      );
    },
  );

  it('keeps its digits where rewards are near 1 and near 0', () => {
    // log(1 - x) is -x to these digits, with x the mean of 1 / (1 + e^40) and 1 / (1 + e^38).
    const nearOne = pathLogReward([40, 38], 'mean');
    expect(nearOne / -((4.248354255291589e-18 + 3.1391327920480296e-17) / 2)).toBeCloseTo(1, 12);
    expect(pathLogReward([-100, -100], 'mean')).toBeCloseTo(-100, 12);
    // A quarter and three quarters: the mean of V is a half.
    expect(pathLogReward([Math.log(1 / 3), Math.log(3)], 'mean')).toBeCloseTo(Math.log(0.5), 12);
  });

  it('takes certain steps', () => {
    expect(pathLogReward([Infinity, 0], 'product')).toBeCloseTo(Math.log(0.5), 12);
    expect(pathLogReward([-Infinity, Infinity], 'mean')).toBeCloseTo(Math.log(0.5), 12);
    expect(pathLogReward([-Infinity], 'mean')).toBe(-Infinity);
  });

  it.each([
    [[], 'logOdds', 'a path needs at least one step'],
    [[0, NaN, 1], 'logOdds[1]', 'must be a number, got NaN'],
  ])('of the log-odds %j is refused', (logOdds, field, description) => {
    expect(() => pathLogReward(logOdds, 'last')).toThrow(
      expect.objectContaining({
        kind: 'invalid-argument',
        message: `log-odds of steps: ${description}`,
        reason: 'STEP_SCORES_INVALID',
        violations: [{ field, description }],
      }),
    );
  });
});
