import { expect, it } from 'vitest';
import { createApplyOnce } from './apply-once.ts';

/** Work that counts how often it ran. */
function counting(): { work: () => Promise<void>; count: () => number } {
  let count = 0;
  return {
    work: () => {
      count += 1;
      return Promise.resolve();
    },
    count: () => count,
  };
}

it('does the work of an id once', async () => {
  const applyOnce = createApplyOnce();
  const { work, count } = counting();
  expect(await applyOnce('1', work)).toBe(true);
  expect(await applyOnce('1', work)).toBe(false);
  expect(await applyOnce('2', work)).toBe(true);
  expect(count()).toBe(2);
});

it('joins work that is under way', async () => {
  const applyOnce = createApplyOnce();
  const gate = Promise.withResolvers<undefined>();
  const { work, count } = counting();
  const first = applyOnce('1', async () => {
    await work();
    await gate.promise;
  });
  const second = applyOnce('1', work);
  gate.resolve(undefined);
  expect(await Promise.all([first, second])).toEqual([true, false]);
  expect(count()).toBe(1);
});

it('lets failed work be retried, and rejects those who joined', async () => {
  const applyOnce = createApplyOnce();
  const fail = () => Promise.reject(new Error('disk full'));
  const [first, second] = await Promise.allSettled([applyOnce('1', fail), applyOnce('1', fail)]);
  expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
  expect(await applyOnce('1', () => Promise.resolve())).toBe(true);
});

it('remembers a bounded number of ids, the last ones', async () => {
  const applyOnce = createApplyOnce(2);
  const { work, count } = counting();
  for (const id of ['1', '2', '3', '3', '2', '1']) await applyOnce(id, work);
  expect(count()).toBe(4);
});
