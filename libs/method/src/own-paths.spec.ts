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

it('refuses a reward that no path can have', () => {
  expect(() => chooseOwnPaths([], { by: 'outcome', minReward: 1.5 })).toThrow(
    'filter.minReward must be in [0, 1]',
  );
});
