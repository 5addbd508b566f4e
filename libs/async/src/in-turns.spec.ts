import { expect, it } from 'vitest';
import { inTurns } from './in-turns.ts';

function hold(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

it('gives every item in order', async () => {
  const given: number[] = [];
  for await (const item of inTurns([3, 1, 2], new AbortController().signal)) given.push(item);
  expect(given).toEqual([3, 1, 2]);
});

it('lets others run during long work', async () => {
  let seen = 0;
  const others = setInterval(() => seen++, 1);
  for await (const item of inTurns([1, 2, 3, 4], new AbortController().signal)) hold(10 + item);
  clearInterval(others);
  expect(seen).toBeGreaterThan(0);
});

it('hears a cancel between two items', async () => {
  const controller = new AbortController();
  const given: number[] = [];
  const work = (async () => {
    for await (const item of inTurns([1, 2, 3], controller.signal)) {
      given.push(item);
      controller.abort(new Error('gone'));
    }
  })();
  await expect(work).rejects.toThrow('gone');
  expect(given).toEqual([1]);
});
