import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ItemQueue } from './item-queue.ts';

it('gives every item in order, those pushed while it is read included', async () => {
  const queue = new ItemQueue<number>();
  queue.push(0);
  const read: number[] = [];
  for await (const item of queue) {
    read.push(item);
    if (item < 5) {
      if (item % 2 === 0) await setImmediate();
      queue.push(item + 1);
    } else queue.end();
  }
  expect(read).toEqual([0, 1, 2, 3, 4, 5]);
});

it('gives what was pushed before a failure, then the failure', async () => {
  const queue = new ItemQueue<string>();
  queue.push('first');
  queue.fail(new Error('broken'));
  queue.push('too late');
  const read: string[] = [];
  const reading = (async () => {
    for await (const item of queue) read.push(item);
  })();
  await expect(reading).rejects.toThrow('broken');
  expect(read).toEqual(['first']);
});

it('makes a fast writer wait for a slow reader', async () => {
  const queue = new ItemQueue<number>();
  queue.push(1);
  queue.push(2);
  let room = false;
  const waiting = queue.roomUnder(0).then(() => (room = true));
  await setImmediate();
  expect(room).toBe(false);
  await queue[Symbol.asyncIterator]().next();
  await waiting;
  expect(room).toBe(true);
});
