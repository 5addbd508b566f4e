import { expect, it } from 'vitest';
import { chooseOwnPaths } from './own-paths.ts';
import type { Outcome } from './path.ts';

const path = (outcome: Outcome, reward?: number) => ({
  path: { questionId: 'q', iteration: 1, sampleIndex: 0, text: String(reward), steps: [], outcome },
  ...(reward === undefined ? {} : { reward }),
});
const paths = [path('correct', 0.9), path('correct', 0.8), path('correct', 0.2), path('correct')];
const texts = (by: 'outcome' | 'outcome-and-reward') =>
  chooseOwnPaths([...paths, path('wrong', 1), path('unknown', 1)], { by, minReward: 0.8 }).map(
    ({ text }) => text,
  );

it('keeps what reaches the answer', () => {
  expect(texts('outcome')).toEqual(['0.9', '0.8', '0.2', 'undefined']);
});

it('keeps by reward only what the verifier rewards highly', () => {
  expect(texts('outcome-and-reward')).toEqual(['0.9', '0.8']);
});

it.each([-0.1, 1.5])('refuses %d for a least reward, which no path can have', (minReward) => {
  expect(() => chooseOwnPaths([], { by: 'outcome', minReward })).toThrow(
    `filter.minReward must be in [0, 1], got ${minReward}`,
  );
});

it('takes the ends of the range: every rewarded path at 0, certain ones at 1', () => {
  const rewarded = [path('correct', 0), path('correct', 1), path('correct')];
  const count = (minReward: number) =>
    chooseOwnPaths(rewarded, { by: 'outcome-and-reward', minReward }).length;
  expect([0, 1].map(count)).toEqual([2, 1]);
});

it('names a path whose reward is not a number', () => {
  const settings = { by: 'outcome-and-reward', minReward: 0.5 } as const;
  expect(() => chooseOwnPaths([path('correct', Number.NaN)], settings)).toThrow(
    expect.objectContaining({
      kind: 'invalid-argument',
      message: 'the reward of path 1/0/q is not a number',
      reason: 'REWARD_MISSING',
    }),
  );
});
