import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ChangeSignal } from './change-signal.ts';

it('wakes every watcher that waits, once a change', async () => {
  const change = new ChangeSignal();
  const seen: string[] = [];
  const watch = async (name: string): Promise<void> => {
    for (let round = 0; round < 2; round++) {
      await change.changed;
      seen.push(`${name}${round}`);
    }
  };
  const watchers = [watch('a'), watch('b')];
  change.notify();
  await setImmediate();
  expect(seen).toEqual(['a0', 'b0']);
  change.notify();
  await Promise.all(watchers);
  expect(seen).toEqual(['a0', 'b0', 'a1', 'b1']);
});

it('loses no change that comes while a watcher looks', async () => {
  const change = new ChangeSignal();
  const { changed } = change;
  change.notify();
  await changed;
  let isEarly = true;
  void change.changed.then(() => (isEarly = false));
  await setImmediate();
  expect(isEarly).toBe(true);
});
