import { SipfError, type ErrorKind } from '@sipf/errors';
import { afterEach, expect, it } from 'vitest';
import { startEcho, type EchoHandlers, type RunningEcho } from '../testing/start-echo.ts';
import { collect } from '../testing/streams.ts';
import type { ClientOptions } from './client-options.ts';

let echo: RunningEcho | undefined;
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
});

const fast: ClientOptions = { retry: { attempts: 3, baseDelayMs: 1, random: () => 0 } };

/** A service whose first `failures` calls fail. */
async function startFailing(failures: number, options: { kind: ErrorKind; retryAfterMs?: number }) {
  let calls = 0;
  const attempt = (): void => {
    calls += 1;
    if (calls <= failures) throw new SipfError(options.kind, 'not yet', { reason: 'QUEUE_FULL', ...options });
  };
  const unary: EchoHandlers['unary'] = (request) => {
    attempt();
    return Promise.resolve(request);
  };
  echo = await startEcho({
    client: fast,
    handlers: {
      unary,
      idempotent: unary,
      async *serverStream(request) {
        if (request.mediaType === 'fail early') attempt();
        yield await Promise.resolve(request);
        if (request.mediaType === 'fail late') attempt();
      },
    },
  });
  return { client: echo.client, count: () => calls };
}

it('sends an idempotent call again while the server is unavailable', async () => {
  const { client, count } = await startFailing(2, { kind: 'unavailable' });
  await expect(client.idempotent({ mediaType: 'x' })).resolves.toMatchObject({ mediaType: 'x' });
  expect(count()).toBe(3);
});

it('gives up after the last attempt with the last error', async () => {
  const { client, count } = await startFailing(9, { kind: 'unavailable' });
  await expect(client.idempotent({})).rejects.toMatchObject({ kind: 'unavailable', message: 'not yet' });
  expect(count()).toBe(3);
});

it('sends other calls once, unless they are marked idempotent', async () => {
  const { client, count } = await startFailing(1, { kind: 'unavailable' });
  await expect(client.unary({})).rejects.toMatchObject({ kind: 'unavailable' });
  expect(count()).toBe(1);
  await client.unary({}, { idempotent: true });
});

it('retries an exhausted server only when it names a time', async () => {
  const without = await startFailing(1, { kind: 'resource-exhausted' });
  await expect(without.client.idempotent({})).rejects.toMatchObject({ kind: 'resource-exhausted' });
  await echo?.stop();
  const { client, count } = await startFailing(1, { kind: 'resource-exhausted', retryAfterMs: 5 });
  await expect(client.idempotent({})).resolves.toBeDefined();
  expect(count()).toBe(2);
});

it('waits for the retry hint, within the deadline of the whole call', async () => {
  const { client, count } = await startFailing(1, { kind: 'unavailable', retryAfterMs: 600_000 });
  await expect(client.idempotent({}, { deadlineMs: 100 })).rejects.toMatchObject({
    kind: 'deadline-exceeded',
  });
  expect(count()).toBe(1);
});

it.each(['invalid-argument', 'not-found', 'failed-precondition', 'data-loss'] as const)(
  'never retries %s',
  async (kind) => {
    const { client, count } = await startFailing(1, { kind });
    await expect(client.idempotent({})).rejects.toMatchObject({ kind });
    expect(count()).toBe(1);
  },
);

it('retries a stream before its first message and never after it', async () => {
  const { client, count } = await startFailing(2, { kind: 'unavailable' });
  const early = client.serverStream({ mediaType: 'fail early' }, { idempotent: true });
  await expect(collect(early)).resolves.toHaveLength(1);
  expect(count()).toBe(3);
  await echo?.stop();
  const again = await startFailing(2, { kind: 'unavailable' });
  const late = again.client.serverStream({ mediaType: 'fail late' }, { idempotent: true });
  await expect(collect(late)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(again.count()).toBe(1);
});

it('sends the number of earlier attempts', async () => {
  const said: (string | undefined)[] = [];
  echo = await startEcho({
    client: fast,
    handlers: {
      idempotent: (request, { metadata }) => {
        said.push(metadata.get('grpc-previous-rpc-attempts'));
        if (said.length < 3) throw new SipfError('unavailable', 'not yet', { reason: 'QUEUE_FULL' });
        return Promise.resolve(request);
      },
    },
  });
  await echo.client.idempotent({});
  expect(said).toEqual([undefined, '1', '2']);
});
