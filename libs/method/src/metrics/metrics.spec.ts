import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../path.ts';
import { outcomes } from '../testing/arbitrary-paths.ts';
import { accuracyOf } from './accuracy.ts';
import { majorityVote } from './majority-vote.ts';
import { passAtK } from './pass-at-k.ts';

const many = (count: number, outcome: Outcome) => Array.from<Outcome>({ length: count }).fill(outcome);

describe('accuracyOf', () => {
  it("gives Wilson's interval", () => {
    // Solutions x of (p - x)^2 = z^2 x (1 - x) / n for p = 0.3, n = 10, by hand.
    const { accuracy, low, high } = accuracyOf([...many(3, 'correct'), ...many(7, 'wrong')]);
    expect(accuracy).toBe(0.3);
    for (const end of [low, high]) {
      expect((0.3 - end) ** 2).toBeCloseTo((1.959963984540054 ** 2 * end * (1 - end)) / 10, 12);
    }
    expect(low).toBeCloseTo(0.1078, 4);
    expect(high).toBeCloseTo(0.6032, 4);
  });

  it('holds the share, stays in [0, 1], and leaves unknown answers out', () => {
    fc.assert(
      fc.property(fc.array(outcomes, { minLength: 1, maxLength: 40 }), (all) => {
        fc.pre(all.some((outcome) => outcome !== 'unknown'));
        const { accuracy, low, high, total, unknown } = accuracyOf(all);
        expect(low >= 0 && low <= accuracy && accuracy <= high && high <= 1).toBe(true);
        expect(total + unknown).toBe(all.length);
        expect(high - low).toBeGreaterThan(0);
      }),
    );
  });

  it('ends at 1 where all are right and at 0 where none is, for any number of them', () => {
    for (let count = 1; count <= 200; count++) {
      expect(accuracyOf(many(count, 'correct')).high).toBe(1);
      expect(accuracyOf(many(count, 'wrong')).low).toBe(0);
    }
  });

  it.each([[[]], [['unknown']]] satisfies [Outcome[]][])('refuses to measure %j', (known) => {
    expect(() => accuracyOf(known)).toThrow(
      expect.objectContaining({
        kind: 'failed-precondition',
        message: expect.stringContaining('known outcome') as string,
        reason: 'NOTHING_TO_MEASURE',
      }),
    );
  });
});

describe('passAtK', () => {
  it('is the share of k-subsets that hold a passing sample', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(9), fc.integer({ min: 1, max: 9 }), (n, c, k) => {
        fc.pre(c <= n && k <= n);
        const subsets = Array.from({ length: 2 ** n }, (_, bits) => bits).filter(
          (bits) => onesOf(bits) === k,
        );
        const passing = subsets.filter((bits) => (bits & (2 ** c - 1)) !== 0);
        expect(passAtK(n, c, k)).toBeCloseTo(passing.length / subsets.length, 12);
      }),
    );
  });

  const reference = join(import.meta.dirname, '../../../../../shared/reference/pass_at_k.json');
  it.skipIf(!existsSync(reference))('equals the recorded exact values', () => {
    const { vectors } = JSON.parse(readFileSync(reference, 'utf8')) as {
      vectors: { n: number; c: number; k: number; pass_at_k: number }[];
    };
    expect(vectors.length).toBeGreaterThan(10);
    for (const { n, c, k, pass_at_k: exact } of vectors) expect(passAtK(n, c, k)).toBeCloseTo(exact, 12);
  });

  it.each([
    [0, 0, 1, 'n must be a whole number of at least 1, got 0'],
    [5, -1, 1, 'c must be a whole number of at least 0, got -1'],
    [5, 1, 0, 'k must be a whole number of at least 1, got 0'],
    [5, 6, 1, 'c must be at most n = 5, got 6'],
    [5, 1, 6, 'k must be at most n = 5, got 6'],
  ])('refuses n = %d, c = %d, k = %d', (n, c, k, message) => {
    expect(() => passAtK(n, c, k)).toThrow(message);
  });
});

describe('majorityVote', () => {
  const isSame = (a: string, b: string) => Number(a) === Number(b);

  it('counts equal answers together, whatever their spelling', () => {
    expect(majorityVote(['7', '5', '5.0', undefined, '7', '05'], isSame)).toBe('5');
  });

  it('prefers the earlier answer of two equally frequent ones', () => {
    expect(majorityVote(['7', '5', '5', '7'], isSame)).toBe('7');
  });

  it('counts no sample without an answer', () => {
    expect(majorityVote([undefined, undefined, '7'], isSame)).toBe('7');
  });

  it('has no answer where no sample has', () => {
    expect(majorityVote([undefined], isSame)).toBeUndefined();
    expect(majorityVote([], isSame)).toBeUndefined();
  });
});

function onesOf(bits: number): number {
  return bits.toString(2).replaceAll('0', '').length;
}
