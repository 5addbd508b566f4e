import { createRng } from '@sipf/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestOfN, type Candidate } from './best-of-n.ts';

describe('best of n', () => {
  const candidate = fc.record({
    reward: fc.integer({ min: 0, max: 3 }),
    isCorrect: fc.boolean(),
    answer: fc.constant(undefined),
  });

  /** Every subset of n, one by one. */
  function slow(paths: readonly Candidate[], n: number): { verifier: number; oracle: number } {
    const subsets = (from: number, left: number): Candidate[][] =>
      left === 0
        ? [[]]
        : paths
            .slice(from)
            .flatMap((one, at) => subsets(from + at + 1, left - 1).map((rest) => [one, ...rest]));
    const all = subsets(0, n);
    const meanOf = (value: (subset: Candidate[]) => number) =>
      all.reduce((sum, one) => sum + value(one), 0) / all.length;
    return {
      verifier: meanOf((subset) => {
        const best = Math.max(...subset.map(({ reward }) => reward));
        const tied = subset.filter(({ reward }) => reward === best);
        return tied.filter(({ isCorrect }) => isCorrect).length / tied.length;
      }),
      oracle: meanOf((subset) => Number(subset.some(({ isCorrect }) => isCorrect))),
    };
  }

  it('is the mean over every subset', () => {
    const cases = fc.tuple(
      fc.array(candidate, { minLength: 1, maxLength: 7 }),
      fc.integer({ min: 1, max: 7 }),
    );
    fc.assert(
      fc.property(cases, ([paths, n]) => {
        const [found] = bestOfN([paths], [n], createRng(1));
        if (n > paths.length) {
          expect(found).toBeUndefined();
          return;
        }
        const { verifier, oracle } = slow(paths, n);
        expect(found?.verifier).toBeCloseTo(verifier, 10);
        expect(found?.oracle).toBeCloseTo(oracle, 10);
        expect(found?.majority).toBeUndefined();
      }),
    );
  });

  it('lets most paths decide, where a rare path with a large reward is right', () => {
    const answer = (text: string, reward: number): Candidate => ({
      answer: text,
      reward,
      isCorrect: text === '4',
    });
    const paths = [answer('5', 0.4), answer('5', 0.3), answer('4', 0.9)];
    const [one, all] = bestOfN([paths], [1, 3, 5], createRng(1));
    expect(all).toEqual({ n: 3, questions: 1, verifier: 1, majority: 0, oracle: 1 });
    expect(one?.verifier).toBeCloseTo(1 / 3, 12);
    expect(one?.majority).toBeGreaterThan(0.1);
  });

  it('counts the same answer in other words as one, with a normal form', () => {
    const wrong = { answer: '5', reward: 0, isCorrect: false };
    const right = ['4', '4.0'].map((answer) => ({ answer, reward: 0, isCorrect: true }));
    const majority = (isSame?: (a: string, b: string) => boolean) =>
      bestOfN(
        [[wrong, wrong, ...right, { ...wrong, answer: '4.00', isCorrect: true }]],
        [5],
        createRng(1),
        isSame,
      );
    expect(majority((a, b) => Number(a) === Number(b))[0]?.majority).toBe(1);
    expect(majority()[0]?.majority).toBe(0);
  });
});
