import { createRng } from '@sipf/random';
import { expect, it } from 'vitest';
import type { Outcome, Path } from '../path.ts';
import type { RewardedPath } from './preference-pair.ts';
import { preferencePairs, type PairSettings } from './preference-pairs.ts';
import { pairTexts, pairWeights, sharedSteps } from './step-pairs.ts';

function path(sampleIndex: number, outcome: Outcome, steps: readonly string[]): Path {
  let at = 0;
  const spans = steps.map((text) => ({ text, start: at, end: (at += text.length) }));
  return { questionId: 'q', iteration: 1, sampleIndex, text: steps.join(''), steps: spans, outcome };
}

const scored = (one: Path, stepScores: readonly number[]): RewardedPath => ({
  path: one,
  reward: 0.5,
  stepScores,
});
const good = path(0, 'correct', ['a\n', 'b\n', '#### 1']);
const bad = path(1, 'wrong', ['a\n', 'x\n', '#### 2']);
const settings: PairSettings = {
  pairing: 'outcome-and-reward',
  level: 'step',
  margin: 0.3,
  maxPairsPerPath: 2,
  maxPairsPerQuestion: 3,
};
const rng = createRng(1);

it('finds where two paths part', () => {
  expect(sharedSteps(good, bad)).toBe(1);
  expect(sharedSteps(good, path(2, 'wrong', ['z\n']))).toBe(0);
  expect(sharedSteps(good, path(2, 'wrong', ['a\n', 'b\n']))).toBeUndefined();
  expect(sharedSteps(good, good)).toBeUndefined();
});

it('pairs a good step with a bad one after the same prefix, by the scores of these steps', () => {
  const pairs = preferencePairs([scored(good, [0.9, 0.8, 0.2]), scored(bad, [0.9, 0.1, 0.9])], settings, rng);
  expect(pairs).toMatchObject([{ chosen: good, rejected: bad, sharedSteps: 1 }]);
  expect(pairs[0]?.difference).toBeCloseTo(0.7);
  expect(pairs.map(pairTexts)).toEqual([{ prefix: 'a\n', chosen: 'b\n#### 1', rejected: 'x\n#### 2' }]);
});

it('makes no pair where the steps score alike, or none was scored', () => {
  expect(preferencePairs([scored(good, [0.9, 0.4]), scored(bad, [0.1, 0.3])], settings, rng)).toEqual([]);
  expect(preferencePairs([scored(good, [0.9]), scored(bad, [0.1])], settings, rng)).toEqual([]);
  const bare = [good, bad].map((one) => ({ path: one, reward: 0.5 }));
  expect(preferencePairs(bare, settings, rng)).toEqual([]);
});

it('pairs a path with its own beginning as a whole, never by a step', () => {
  const beginning = path(2, 'wrong', ['a\n', 'b\n']);
  const both = [good, beginning].map((one) => ({ path: one }));
  const pairs = (level: 'path' | 'step') =>
    preferencePairs(both, { ...settings, pairing: 'outcome', level }, rng);
  expect(pairs('path')).toMatchObject([{ chosen: good, rejected: beginning }]);
  expect(pairs('step')).toEqual([]);
});

it('leaves the texts of pairs of whole paths whole', () => {
  const [pair] = preferencePairs(
    [
      { path: good, reward: 0.9 },
      { path: bad, reward: 0.1 },
    ],
    { ...settings, level: 'path' },
    rng,
  );
  if (pair === undefined) throw new Error('no pair');
  expect(pair).not.toHaveProperty('sharedSteps');
  expect(pairTexts(pair)).toEqual({ prefix: '', chosen: good.text, rejected: bad.text });
});

it('weighs pairs by their difference, one on average', () => {
  const pair = { questionId: 'q', chosen: good, rejected: bad };
  const differences = (...all: number[]) => pairWeights(all.map((difference) => ({ ...pair, difference })));
  expect(differences(0.125, 0.375)).toEqual([0.5, 1.5]);
  expect(differences(0, 0)).toBeUndefined();
});
