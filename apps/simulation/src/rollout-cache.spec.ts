import { expect, it } from 'vitest';
import { RolloutCache } from './rollout-cache.ts';

it('keeps what was used last, so many at most', () => {
  const cache = new RolloutCache(2);
  cache.set('a', ['correct']);
  cache.set('b', ['wrong']);
  expect(cache.get('a')).toEqual(['correct']);
  cache.set('c', ['wrong', 'correct']);
  expect(['a', 'b', 'c'].map((key) => cache.get(key).length)).toEqual([1, 0, 2]);
});

it('keeps no outcome that is unknown', () => {
  const cache = new RolloutCache(2);
  cache.set('a', ['correct', 'unknown']);
  expect(cache.get('a')).toEqual([]);
});
