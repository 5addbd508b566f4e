import { isAbortError } from 'abort-controller-x';
import { afterEach, expect, it } from 'vitest';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { waitForReady } from './wait-for-ready.ts';

let echo: RunningEcho | undefined;
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
});

it('returns once the service serves', async () => {
  echo = await startEcho();
  echo.service.setServing(false);
  const ready = waitForReady(echo.address, { service: 'sipf.testing.v1.EchoService' });
  setTimeout(() => echo?.service.setServing(true), 20);
  await expect(ready).resolves.toBeUndefined();
});

it('says why the service is not ready', async () => {
  echo = await startEcho();
  echo.service.setServing(false);
  await expect(waitForReady(echo.address, { deadlineMs: 2000 })).rejects.toThrow(
    `no service is ready at ${echo.address} after 2000 ms: the service answers NOT_SERVING`,
  );
});

it('gives up on an address without a listener', async () => {
  echo = await startEcho();
  const { address } = echo;
  await echo.stop();
  await expect(waitForReady(address, { deadlineMs: 2000 })).rejects.toMatchObject({ kind: 'unavailable' });
});

it('can be cancelled', async () => {
  echo = await startEcho();
  echo.service.setServing(false);
  const cancel = new AbortController();
  const ready = waitForReady(echo.address, { signal: cancel.signal });
  cancel.abort();
  await expect(ready).rejects.toSatisfy(isAbortError);
});
