import { createRng } from '@sipf/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathKey, type Outcome, type Path } from '../path.ts';
import { pathOf, paths } from '../testing/arbitrary-paths.ts';
import { accumulatePairs, pairKey, type RewardedPath } from './preference-pair.ts';
import { preferencePairs, type PairSettings, type Pairing } from './preference-pairs.ts';

const usual: PairSettings = {
  ...{ pairing: 'outcome-and-reward', margin: 0.3 },
  ...{ maxPairsPerPath: 2, maxPairsPerQuestion: 3 },
};
const rewarded: fc.Arbitrary<RewardedPath[]> = paths.chain((all) =>
  fc
    .array(fc.constantFrom(0, 0.25, 0.5, 0.75, 1), { minLength: all.length, maxLength: all.length })
    .map((rewards) => all.map((path, index) => ({ path, reward: rewards[index] ?? 0 }))),
);
const settings: fc.Arbitrary<PairSettings> = fc.record({
  pairing: fc.constantFrom<Pairing>('outcome-and-reward', 'reward', 'outcome'),
  margin: fc.constantFrom(0, 0.25, 0.5),
  maxPairsPerPath: fc.integer({ min: 1, max: 3 }),
  maxPairsPerQuestion: fc.integer({ min: 1, max: 6 }),
});
const of = (sampleIndex: number, outcome: Outcome, reward?: number): RewardedPath => {
  const path = pathOf({ text: `path ${sampleIndex}`, sampleIndex, outcome });
  return reward === undefined ? { path } : { path, reward };
};
const indices = (all: readonly RewardedPath[], changes: Partial<PairSettings> = {}, seed = 0) =>
  preferencePairs(all, { ...usual, ...changes }, createRng(seed)).map(
    ({ chosen, rejected }) => `${chosen.sampleIndex}>${rejected.sampleIndex}`,
  );

describe('what pairs', () => {
  const all = [of(0, 'correct', 0.9), of(1, 'wrong', 0.1), of(2, 'correct', 0.2), of(3, 'wrong', 0.95)];

  it('outcome and reward: a correct path over a wrong one of much lower reward', () => {
    expect(indices(all)).toEqual(['0>1']);
  });

  it('reward: whatever the outcome', () => {
    expect(indices(all, { pairing: 'reward', maxPairsPerQuestion: 9, maxPairsPerPath: 9 })).toEqual([
      '3>1',
      '0>1',
      '3>2',
      '0>2',
    ]);
  });

  it('outcome: whatever the reward, given or not', () => {
    const pairs = indices([of(0, 'correct'), of(1, 'wrong'), of(2, 'wrong', 1)], { pairing: 'outcome' });
    expect(pairs.sort()).toEqual(['0>1', '0>2']);
  });

  it('takes a difference only when it is over the margin', () => {
    const two = [of(0, 'correct', 0.75), of(1, 'wrong', 0.5)];
    expect(indices(two, { margin: 0.25 })).toEqual([]);
    expect(indices(two, { margin: 0.24 })).toEqual(['0>1']);
  });

  it('leaves out paths of unknown outcome where outcomes count', () => {
    const two = [of(0, 'correct', 1), of(1, 'unknown', 0)];
    expect(indices(two)).toEqual([]);
    expect(indices(two, { pairing: 'outcome' })).toEqual([]);
  });

  it.each(['outcome-and-reward', 'reward', 'outcome'] as const)(
    '%s: leaves out paths without a step, which leave nothing to train on',
    (pairing) => {
      const { path, ...rest } = of(1, 'wrong', 0);
      const all = [of(0, 'correct', 1), { ...rest, path: { ...path, text: '', steps: [] } }];
      expect(indices(all, { pairing })).toEqual([]);
    },
  );
});

describe('which pairs are taken', () => {
  it('takes the largest difference first, within the bounds of a path and a question', () => {
    const all = [
      of(0, 'correct', 1),
      of(1, 'wrong', 0),
      of(2, 'wrong', 0.1),
      of(3, 'wrong', 0.2),
      of(4, 'correct', 0.8),
    ];
    expect(indices(all)).toEqual(['0>1', '0>2', '4>1']);
    expect(indices(all, { maxPairsPerPath: 1 })).toEqual(['0>1', '4>2']);
  });

  it('breaks ties by the seed', () => {
    const all = Array.from({ length: 12 }, (_, index) =>
      of(index, index % 2 === 0 ? 'correct' : 'wrong', (index + 1) % 2),
    );
    expect(indices(all, {}, 1)).toEqual(indices(all, {}, 1));
    expect(indices(all, {}, 1)).not.toEqual(indices(all, {}, 2));
  });

  it('breaks the ties of each question for itself', () => {
    const all = Array.from({ length: 10 }, (_, question) =>
      [0, 1, 2, 3].map((index) => {
        const { path, reward = 0 } = of(index, index < 2 ? 'correct' : 'wrong', index < 2 ? 1 : 0);
        return { path: { ...path, questionId: `q${question}` }, reward };
      }),
    ).flat();
    expect(new Set(indices(all, { maxPairsPerQuestion: 1 })).size).toBeGreaterThan(1);
  });

  it('keeps every rule on any paths', () => {
    fc.assert(
      fc.property(rewarded, settings, fc.integer(), (all, limits, seed) => {
        const pairs = preferencePairs(all, limits, createRng(seed));
        const uses = Map.groupBy(
          pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]),
          pathKey,
        );
        for (const list of uses.values()) expect(list.length).toBeLessThanOrEqual(limits.maxPairsPerPath);
        for (const list of Map.groupBy(pairs, (pair) => pair.questionId).values()) {
          expect(list.length).toBeLessThanOrEqual(limits.maxPairsPerQuestion);
          const differences = list.map((pair) => pair.difference);
          expect(differences).toEqual([...differences].sort((a, b) => b - a));
        }
        for (const { questionId, chosen, rejected, difference } of pairs) {
          expect([chosen.questionId, rejected.questionId]).toEqual([questionId, questionId]);
          expect(Math.min(chosen.steps.length, rejected.steps.length)).toBeGreaterThan(0);
          if (limits.pairing !== 'outcome') expect(difference).toBeGreaterThan(limits.margin);
          if (limits.pairing !== 'reward')
            expect([chosen.outcome, rejected.outcome]).toEqual(['correct', 'wrong']);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('leaves no pair out that the bounds would still allow', () => {
    fc.assert(
      fc.property(rewarded, settings, (all, limits) => {
        const pairs = preferencePairs(all, limits, createRng(0));
        const unbounded = { ...limits, maxPairsPerPath: 999, maxPairsPerQuestion: 999 };
        for (const candidate of preferencePairs(all, unbounded, createRng(0))) {
          const ofQuestion = pairs.filter((pair) => pair.questionId === candidate.questionId);
          const isSpent = (path: (typeof candidate)['chosen']) =>
            ofQuestion.filter(({ chosen, rejected }) => chosen === path || rejected === path).length >=
            limits.maxPairsPerPath;
          const isTaken = ofQuestion.some(
            (pair) => pair.chosen === candidate.chosen && pair.rejected === candidate.rejected,
          );
          const isFull = ofQuestion.length >= limits.maxPairsPerQuestion;
          expect(isTaken || isFull || isSpent(candidate.chosen) || isSpent(candidate.rejected)).toBe(true);
        }
      }),
    );
  });

  it('does not depend on the order of the paths', () => {
    fc.assert(
      fc.property(rewarded, settings, fc.integer(), (all, limits, seed) => {
        const pairs = (list: RewardedPath[]) =>
          new Set(
            preferencePairs(list, limits, createRng(seed)).map(
              (pair) => `${pathKey(pair.chosen)}>${pathKey(pair.rejected)}`,
            ),
          );
        expect(pairs([...all].reverse())).toEqual(pairs(all));
      }),
    );
  });
});

it.each([undefined, Number.NaN])('refuses the reward %s', (reward) => {
  expect(() => indices([of(0, 'correct', 1), of(1, 'wrong', reward)])).toThrow(
    expect.objectContaining({
      kind: 'invalid-argument',
      message: 'path 1/1/q has no reward to pair it by',
      reason: 'REWARD_MISSING',
    }),
  );
});

it('refuses settings out of range', () => {
  const all = [of(0, 'correct', 1), of(1, 'wrong', 0)];
  expect(() => indices(all, { margin: -0.1 })).toThrow('pairs.margin must be in [0, 1], got -0.1');
  expect(() => indices(all, { margin: 1.1 })).toThrow('pairs.margin must be in [0, 1], got 1.1');
  expect(indices(all, { margin: 1 })).toEqual([]);
  expect(() => indices(all, { maxPairsPerPath: 0 })).toThrow('pairs.maxPairsPerPath');
  expect(() => indices(all, { maxPairsPerQuestion: 1.5 })).toThrow('pairs.maxPairsPerQuestion');
});

it('keeps pairs apart that differ in their question or in a text, and joins those of the same texts', () => {
  const [a, b, c] = [0, 1, 2].map((index) => of(index, 'correct').path) as [Path, Path, Path];
  const pair = (questionId: string, chosen: Path, rejected: Path) => ({
    ...{ questionId, chosen, rejected },
    difference: 1,
  });
  const apart = [pair('q', a, b), pair('r', a, b), pair('q', c, b), pair('q', a, c)];
  expect(accumulatePairs(apart, [pair('q', { ...a, iteration: 2 }, b)])).toEqual(apart);
});

it('accumulates pairs without repeating any, earlier ones first', () => {
  const pairs = rewarded.map((all) => preferencePairs(all, { ...usual, pairing: 'reward' }, createRng(0)));
  fc.assert(
    fc.property(pairs, pairs, (earlier, latest) => {
      const first = accumulatePairs([], earlier);
      const joined = accumulatePairs(first, latest);
      expect(joined.slice(0, first.length)).toEqual(first);
      expect(new Set(joined.map(pairKey))).toEqual(new Set([...earlier, ...latest].map(pairKey)));
      expect(new Set(joined.map(pairKey)).size).toBe(joined.length);
      expect(accumulatePairs(joined, latest)).toEqual(joined);
    }),
  );
});
