import { expect, it } from 'vitest';
import { samplingOf } from './curriculum.ts';

const quota = { positives: 8, negatives: 4 };

it('divides what the iteration before drew and kept, as the paper does', () => {
  const plan = { pathsPerQuestion: 8, divisor: 2, quota } as const;
  expect([1, 2, 3, 9].map((k) => samplingOf(k, plan).pathsPerQuestion)).toEqual([8, 4, 2, 1]);
  expect(samplingOf(2, plan).quota).toEqual({ positives: 4, negatives: 2 });
  expect(samplingOf(2, { pathsPerQuestion: 8, divisor: 1 })).toEqual({ pathsPerQuestion: 8 });
});

it('follows a curriculum where there is one, and its last entry to the end', () => {
  const curriculum = [{ pathsPerQuestion: 4 }, { pathsPerQuestion: 16, quota }];
  const plan = { pathsPerQuestion: 8, divisor: 2, curriculum } as const;
  expect([1, 2, 5].map((k) => samplingOf(k, plan))).toEqual([
    { pathsPerQuestion: 4 },
    { pathsPerQuestion: 16, quota },
    { pathsPerQuestion: 16, quota },
  ]);
});

it('refuses an empty curriculum and an iteration before the first', () => {
  const plan = { pathsPerQuestion: 1, divisor: 1 } as const;
  expect(() => samplingOf(1, { ...plan, curriculum: [] })).toThrow('sampling.curriculum must not be empty');
  expect(() => samplingOf(0, plan)).toThrow('iteration must be');
});
