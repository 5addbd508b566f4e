import { expect, it } from 'vitest';
import { shareTicks } from './share-ticks.ts';

it('spans shares, and stays within 0 and 1 where all are equal', () => {
  expect(shareTicks([0, 0])).toEqual([0, 0.5, 1]);
  expect(shareTicks([1, 1, 1]).at(-1)).toBe(1);
  expect(shareTicks([0.71, 0.84])).toEqual([0.7, 0.75, 0.8, 0.85]);
});
