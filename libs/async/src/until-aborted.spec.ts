import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { orAborted, untilAborted } from './until-aborted.ts';

const never = new Promise<string>(() => undefined);

it.each([orAborted, untilAborted])('gives what the promise gives, and its failure (%o)', async (wait) => {
  const { signal } = new AbortController();
  expect(await wait(Promise.resolve('done'), signal)).toBe('done');
  await expect(wait(Promise.reject(new RangeError('broken')), signal)).rejects.toThrow('broken');
});

it('ends with the signal’s reason, or with nothing, as soon as it aborts', async () => {
  const stop = new AbortController();
  const waits = [orAborted(never, stop.signal), untilAborted(never, stop.signal)];
  stop.abort(new Error('gone'));
  expect(await Promise.allSettled(waits)).toMatchObject([
    { status: 'rejected', reason: { message: 'gone' } },
    { status: 'fulfilled', value: undefined },
  ]);
  await expect(orAborted(never, stop.signal)).rejects.toThrow('gone');
  expect(await untilAborted(never, stop.signal)).toBeUndefined();
});

it('ignores a failure that comes after the abort', async () => {
  const late = Promise.withResolvers<string>();
  const stop = new AbortController();
  const wait = untilAborted(late.promise, stop.signal);
  stop.abort();
  late.reject(new Error('nobody listens'));
  expect(await wait).toBeUndefined();
});

it('lets go of the signal, however the wait ends', async () => {
  const { signal } = new AbortController();
  await orAborted(Promise.resolve(1), signal);
  await orAborted(Promise.reject(new Error('broken')), signal).catch(() => undefined);
  await Promise.resolve();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
