import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BoundedWait } from './bounded-wait.ts';

it('waits while as many are open as may, and for all at the end', async () => {
  const wait = new BoundedWait(2);
  const gates = [0, 1].map(() => Promise.withResolvers<undefined>());
  const added: number[] = [];
  const adding = (async () => {
    for (const [at, { promise }] of gates.entries()) {
      await wait.add(promise);
      added.push(at);
    }
  })();
  await setImmediate();
  expect(added).toEqual([0]);
  gates[1]?.resolve(undefined);
  await adding;
  let isOver = false;
  const all = wait.all().then(() => (isOver = true));
  await setImmediate();
  expect(isOver).toBe(false);
  gates[0]?.resolve(undefined);
  await all;
});

it('reports the first failure to whoever adds or waits next', async () => {
  const wait = new BoundedWait(8);
  await wait.add(Promise.resolve());
  await wait.add(Promise.reject(new Error('first')));
  await setImmediate();
  await expect(wait.add(Promise.reject(new Error('second')))).rejects.toThrow('first');
  await expect(wait.all()).rejects.toThrow('first');
});
