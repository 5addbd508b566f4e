import { expect, it } from 'vitest';
import { truncateLeft } from './truncate-left.ts';

const path = { ids: [1, 10, 11, 20, 21, 30, 31], promptLength: 3, stepEnds: [4, 6] };

it('leaves a path that fits as it is', () => {
  expect(truncateLeft(path, { longest: 7, bosTokenId: 1 })).toEqual({ path, tokens: 0, steps: 0 });
});

it('leaves out the question first and keeps BOS', () => {
  expect(truncateLeft(path, { longest: 5, bosTokenId: 1 })).toEqual({
    path: { ids: [1, 20, 21, 30, 31], promptLength: 1, stepEnds: [2, 4] },
    tokens: 2,
    steps: 0,
  });
});

it('counts the steps whose end is gone, and cuts from the first token without a BOS', () => {
  expect(truncateLeft(path, { longest: 3, bosTokenId: null })).toEqual({
    path: { ids: [21, 30, 31], promptLength: 0, stepEnds: [0, 2] },
    tokens: 4,
    steps: 0,
  });
  expect(truncateLeft(path, { longest: 2, bosTokenId: null })).toMatchObject({
    path: { stepEnds: [1] },
    steps: 1,
  });
});
