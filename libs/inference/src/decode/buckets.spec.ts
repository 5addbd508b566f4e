import fc from 'fast-check';
import { expect, it } from 'vitest';
import { laneWidth, lengthBucket, rowsPerBatch } from './buckets.ts';

it('rounds up, by less than a quarter above 64 and by less than 16 below', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1 << 20 }), (length) => {
      const bucket = lengthBucket(length);
      expect(bucket).toBeGreaterThanOrEqual(length);
      expect(bucket - length).toBeLessThan(Math.max(16, length / 4));
      expect(bucket % 16).toBe(0);
    }),
  );
});

it('leaves a bucket where it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1 << 20 }), (length) => {
      expect(lengthBucket(lengthBucket(length))).toBe(lengthBucket(length));
    }),
  );
});

it('takes at least one row however long it is', () => {
  expect([rowsPerBatch(16, 256, 8), rowsPerBatch(64, 256, 8), rowsPerBatch(4096, 256, 8)]).toEqual([8, 4, 1]);
});

it('has few lanes', () => {
  const all = new Set(Array.from({ length: 2048 }, (_, length) => laneWidth(length)));
  expect([...all]).toEqual([128, 256, 512, 1024, 2048]);
});
