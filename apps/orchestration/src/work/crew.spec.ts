import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { workInCrew } from './crew.ts';

const never = new AbortController().signal;

/** Things that are done when they are let go, in the order in which they were taken. */
function things(count: number) {
  let taken = 0;
  const open: (() => void)[] = [];
  return {
    take: () => (taken < count ? taken++ : undefined),
    work: () => new Promise<void>((resolve) => open.push(resolve)),
    open,
    /** Lets the first `some` of those under way go, and waits until others are under way. */
    letGo: async (some: number) => {
      for (const done of open.splice(0, some)) done();
      await sleep(0);
    },
  };
}

it('is as large as is asked, while there is something to do', async () => {
  let size = 1;
  const { take, work, open, letGo } = things(12);
  const all = workInCrew({ take, work, size: () => size, signal: never, lookMs: 1 });
  await expect.poll(() => open.length).toBe(1);
  size = 4;
  await expect.poll(() => open.length).toBe(4);
  await letGo(2);
  expect(open).toHaveLength(4);
  // Who is one too many ends what it has in hand.
  size = 1;
  await letGo(1);
  expect(open).toHaveLength(3);
  await letGo(2);
  expect(open).toHaveLength(1);
  size = 100;
  await expect.poll(() => open.length).toBe(7);
  await letGo(7);
  await all;
});

it('works on one thing at least, and on nothing more after a failure, which it throws', async () => {
  const begun: number[] = [];
  let taken = 0;
  const stopped: unknown[] = [];
  const all = workInCrew({
    take: () => taken++,
    work: async (thing, signal) => {
      begun.push(thing);
      if (thing === 2) throw new Error('lost');
      if (thing > 0) await once(signal, 'abort');
      if (thing > 0) stopped.push(thing);
    },
    size: () => (begun.length === 0 ? 0 : 3),
    signal: never,
    lookMs: 1,
  });
  await expect(all).rejects.toThrow('lost');
  expect(stopped).toEqual(begun.filter((thing) => thing !== 0 && thing !== 2));
  expect(begun).toContain(2);
});
