import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathReward, pathRewards, rewardAggregations } from './path-rewards.ts';

const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 });

it('aggregates a path of three steps', () => {
  const rewards = pathRewards([0.5, 1, 0.25]);
  expect(rewards.mean).toBeCloseTo(1.75 / 3, 12);
  expect(rewards).toMatchObject({ min: 0.25, product: 0.125, last: 0.25 });
  expect(Object.keys(rewards)).toEqual(rewardAggregations);
});

it('gives the same one by one as all together', () => {
  fc.assert(
    fc.property(scores, (values) => {
      const all = pathRewards(values);
      for (const aggregation of rewardAggregations)
        expect(pathReward(values, aggregation)).toBe(all[aggregation]);
    }),
  );
});

it('keeps product <= min <= mean <= 1', () => {
  fc.assert(
    fc.property(scores, (values) => {
      const { mean, min, product } = pathRewards(values);
      expect(product).toBeLessThanOrEqual(min);
      expect(min).toBeLessThanOrEqual(mean + 1e-12);
      expect(mean).toBeLessThanOrEqual(1 + 1e-12);
    }),
  );
});

it.each([
  [[], 'scores', 'a path needs at least one step'],
  [[0.5, 1.1], 'scores[1]', 'must be in [0, 1], got 1.1'],
  [[-0.1], 'scores[0]', 'must be in [0, 1], got -0.1'],
  [[Number.NaN], 'scores[0]', 'must be in [0, 1], got NaN'],
])('refuses the scores %j', (values, field, description) => {
  const refused = expect.objectContaining({
    kind: 'invalid-argument',
    message: `step scores: ${description}`,
    reason: 'STEP_SCORES_INVALID',
    violations: [{ field, description }],
  }) as Error;
  expect(() => pathReward(values, 'mean')).toThrow(refused);
  expect(() => pathRewards(values)).toThrow(refused);
});
