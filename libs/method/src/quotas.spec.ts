import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Outcome } from './path.ts';
import { fillQuota, quotaOf, unfilledQuestions } from './quotas.ts';
import { paths } from './testing/arbitrary-paths.ts';

it('halves or quarters the quota every iteration, down to one', () => {
  const first = { positives: 8, negatives: 4 };
  const positives = (divisor: 1 | 2 | 4) =>
    [1, 2, 3, 4, 5].map((iteration) => quotaOf(iteration, { first, divisor }).positives);
  expect(positives(2)).toEqual([8, 4, 2, 1, 1]);
  expect(positives(4)).toEqual([8, 2, 1, 1, 1]);
  expect(positives(1)).toEqual([8, 8, 8, 8, 8]);
  // An odd quota is rounded down.
  const odd = { first: { positives: 7, negatives: 5 }, divisor: 2 } as const;
  expect(quotaOf(2, odd)).toEqual({ positives: 3, negatives: 2 });
  expect(quotaOf(3, { first: { positives: 4, negatives: 0 }, divisor: 2 })).toEqual({
    positives: 1,
    negatives: 0,
  });
});

it.each([
  ['iteration must be', 0, { positives: 1, negatives: 1 }, 2],
  ['quota.first.positives must be', 1, { positives: -1, negatives: 1 }, 2],
  ['quota.first.negatives must be', 1, { positives: 1, negatives: 0.5 }, 2],
  ['quota.divisor must be 1, 2 or 4', 1, { positives: 1, negatives: 1 }, 3 as 2],
] as const)('refuses what the method has not: %s', (message, iteration, first, divisor) => {
  expect(() => quotaOf(iteration, { first, divisor })).toThrow(message);
});

it('keeps the first paths of each outcome and no unknown one', () => {
  const quotas = fc.record({ positives: fc.nat(4), negatives: fc.nat(4) });
  fc.assert(
    fc.property(paths, quotas, (all, quota) => {
      const kept = fillQuota(all, quota);
      for (const questionId of ['a', 'b', 'c', 'd']) {
        const of = (list: typeof all, outcome: Outcome) =>
          list.filter((path) => path.questionId === questionId && path.outcome === outcome);
        expect(of(kept, 'correct')).toEqual(of(all, 'correct').slice(0, quota.positives));
        expect(of(kept, 'wrong')).toEqual(of(all, 'wrong').slice(0, quota.negatives));
        expect(of(kept, 'unknown')).toEqual([]);
      }
    }),
  );
});

it('lists the questions whose quota is not full yet', () => {
  const path = (questionId: string, outcome: Outcome) => ({ questionId, outcome });
  const drawn = [path('a', 'correct'), path('a', 'wrong'), path('b', 'correct'), path('b', 'unknown')];
  expect(unfilledQuestions(['a', 'b', 'c'], drawn, { positives: 1, negatives: 1 })).toEqual(['b', 'c']);
  expect(unfilledQuestions(['a', 'b'], drawn, { positives: 2, negatives: 0 })).toEqual(['a', 'b']);
});
