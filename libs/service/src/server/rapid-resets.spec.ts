import { afterEach, expect, it } from 'vitest';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';

const CALLS = 5000;
let echo: RunningEcho | undefined;
let underWay = 0;
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
});

/** An echo that answers "wait" when the test lets it. */
async function startWaiting(): Promise<{ readonly running: RunningEcho; readonly letGo: () => void }> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const unary = async (request: { mediaType: string }) => {
    underWay += 1;
    if (request.mediaType === 'wait') await promise;
    return request;
  };
  echo = await startEcho({ handlers: { unary } });
  return {
    running: echo,
    letGo: () => {
      resolve(undefined);
    },
  };
}

it('leaves the other calls of a client alone that gives 5,000 up at once', async () => {
  const { running, letGo } = await startWaiting();
  const { client } = running;
  const long = client.unary({ mediaType: 'wait' }, { deadlineMs: 300_000 });
  const stop = new AbortController();
  const calls = Array.from({ length: CALLS }, () =>
    client.unary({ mediaType: 'wait' }, { signal: stop.signal }),
  );
  const ended = Promise.allSettled(calls);
  await expect.poll(() => underWay, { timeout: 60_000 }).toBeGreaterThan(200);
  stop.abort();
  expect((await ended).every(({ status }) => status === 'rejected')).toBe(true);
  expect((await client.unary({ mediaType: 'a' }, { idempotent: true })).mediaType).toBe('a');
  letGo();
  expect((await long).mediaType).toBe('wait');
}, 60_000);
