import { expect, it } from 'vitest';
import { BoundedCache } from './bounded-cache.ts';

const item = (weight: number) => () => Promise.resolve({ weight });

it('makes a thing once for callers at the same time and after', async () => {
  const cache = new BoundedCache(10);
  let made = 0;
  const make = () => {
    made++;
    return Promise.resolve({ weight: 1 });
  };
  const [first, second] = await Promise.all([cache.get('a', make), cache.get('a', make)]);
  expect(first).toBe(second);
  expect(await cache.get('a', make)).toBe(first);
  expect(made).toBe(1);
});

it('forgets what was not used for longest when there is too much', async () => {
  const cache = new BoundedCache(10);
  const a = await cache.get('a', item(4));
  const b = await cache.get('b', item(4));
  expect(await cache.get('a', item(4))).toBe(a);
  await cache.get('c', item(4));
  expect(await cache.get('a', item(4))).toBe(a);
  expect(await cache.get('b', item(4))).not.toBe(b);
});

it('keeps the latest thing even where it is too heavy alone, and no failure', async () => {
  const cache = new BoundedCache(10);
  const heavy = await cache.get('heavy', item(50));
  expect(await cache.get('heavy', item(50))).toBe(heavy);
  await expect(cache.get('x', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await cache.get('x', item(1))).toEqual({ weight: 1 });
});

it('counts what has grown since when it is used again', async () => {
  const cache = new BoundedCache<{ weight: number }>(10);
  const other = await cache.get('other', item(5));
  const growing = await cache.get('growing', item(1));
  growing.weight = 8;
  expect(await cache.get('growing', item(1))).toBe(growing);
  expect(await cache.get('other', item(5))).not.toBe(other);
});
