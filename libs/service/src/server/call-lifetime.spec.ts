import { SipfError } from '@sipf/errors';
import { isAbortError } from 'abort-controller-x';
import type { Metadata } from 'nice-grpc';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { collect, echoes } from '../testing/streams.ts';

let echo: RunningEcho | undefined;
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
});

/** A handler that never answers, and its state for a test. */
function hanging() {
  const started = Promise.withResolvers<AbortSignal>();
  const aborted = Promise.withResolvers<unknown>();
  const hang = async (signal: AbortSignal): Promise<never> => {
    started.resolve(signal);
    await once(signal, 'abort');
    aborted.resolve(signal.reason);
    throw signal.reason as Error;
  };
  return { hang, started: started.promise, aborted: aborted.promise };
}

it('passes a cancel on to the signal of a unary handler', async () => {
  const { hang, started, aborted } = hanging();
  echo = await startEcho({ handlers: { unary: (_request, { signal }) => hang(signal) } });
  const cancel = new AbortController();
  const call = echo.client.unary({}, { signal: cancel.signal });
  await started;
  cancel.abort();
  await expect(call).rejects.toSatisfy(isAbortError);
  expect(isAbortError(await aborted)).toBe(true);
});

it('ends the handler of a stream whose reader leaves', async () => {
  const { hang, aborted } = hanging();
  echo = await startEcho({
    handlers: {
      async *serverStream(request, { signal }) {
        yield request;
        await hang(signal);
      },
    },
  });
  for await (const message of echo.client.serverStream({ mediaType: 'first' })) {
    expect(message.mediaType).toBe('first');
    break;
  }
  expect(isAbortError(await aborted)).toBe(true);
});

it("ends a call at the caller's deadline, on both sides", async () => {
  const { hang, aborted } = hanging();
  let calls = 0;
  echo = await startEcho({ handlers: { unary: (_request, { signal }) => (calls++, hang(signal)) } });
  // On a busy machine the time may be over before the server has the call: the next one has more.
  for (let deadlineMs = 50; calls === 0; deadlineMs *= 2) {
    await expect(echo.client.unary({}, { deadlineMs })).rejects.toMatchObject({
      name: 'SipfError',
      kind: 'deadline-exceeded',
    });
  }
  expect(isAbortError(await aborted)).toBe(true);
});

it('ends a call without a deadline at the limit of the server, even when its handler ignores the signal', async () => {
  const { promise: never } = Promise.withResolvers<never>();
  echo = await startEcho({
    handlers: { unary: () => never },
    settings: { maxCallMs: 50 },
    client: { deadlineMs: Infinity },
  });
  await expect(echo.client.unary({})).rejects.toMatchObject({
    kind: 'deadline-exceeded',
    message: "the call took longer than the server's limit of 50 ms",
  });
});

it("lets a caller's own deadline outlast the limit of the server", async () => {
  const release = Promise.withResolvers<undefined>();
  echo = await startEcho({
    handlers: {
      unary: async (request) => {
        await release.promise;
        return request;
      },
    },
    settings: { maxCallMs: 20 },
  });
  const patient = echo.client.unary({ mediaType: 'late' }, { deadlineMs: 30_000 });
  setTimeout(release.resolve, 60, undefined);
  await expect(patient).resolves.toMatchObject({ mediaType: 'late' });
});

it('refuses calls over the limit with a retry hint, and admits calls again afterwards', async () => {
  const { hang, started } = hanging();
  echo = await startEcho({
    handlers: { unary: (_request, { signal }) => hang(signal) },
    settings: { maxConcurrentCalls: 1 },
  });
  const cancel = new AbortController();
  const first = echo.client.unary({}, { signal: cancel.signal });
  await started;
  let pushback: string | undefined;
  const onTrailer = (trailer: Metadata): void => {
    pushback = trailer.get('grpc-retry-pushback-ms');
  };
  const refusal: unknown = await echo.client.unary({}, { onTrailer }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ kind: 'resource-exhausted', reason: 'QUEUE_FULL' });
  expect((refusal as SipfError).retryAfterMs).toBeGreaterThanOrEqual(100);
  expect(Number(pushback)).toBe((refusal as SipfError).retryAfterMs);
  const retried = echo.client.idempotent({ mediaType: 'again' });
  cancel.abort();
  await expect(first).rejects.toSatisfy(isAbortError);
  await expect(retried).resolves.toMatchObject({ mediaType: 'again' });
});

it.each([2000, 3_000_000])(
  'refuses a request of %d bytes over the size limit without ending the service',
  async (bytes) => {
    echo = await startEcho({ settings: { maxRequestBytes: 1000 } });
    for (let time = 0; time < 3; time++) {
      await expect(echo.client.unary({ mediaType: 'x'.repeat(bytes) })).rejects.toMatchObject({
        kind: 'resource-exhausted',
        reason: 'MESSAGE_TOO_LARGE',
        message: expect.stringContaining('--max-request-bytes') as string,
      });
    }
    await expect(echo.client.unary({ mediaType: 'ok' })).resolves.toMatchObject({ mediaType: 'ok' });
  },
);

it('answers undecodable bytes with INVALID_ARGUMENT', async () => {
  echo = await startEcho();
  const garbage = { encode: () => ({ finish: () => new Uint8Array([10, 200, 1]) }) };
  const { unary } = EchoServiceDefinition.methods;
  const methods = { unary: { ...unary, requestType: { ...unary.requestType, ...garbage } } };
  using client = createClient({ ...EchoServiceDefinition, methods }, echo.address);
  await expect(client.unary({})).rejects.toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
});

it('validates every message of a request stream', async () => {
  const validator = (_path: string, message: unknown) =>
    (message as { mediaType: string }).mediaType === 'bad'
      ? [{ field: 'media_type', description: 'is bad' }]
      : [];
  echo = await startEcho({ service: { validator } });
  await expect(echo.client.clientStream(echoes('a', 'b'))).resolves.toMatchObject({ mediaType: 'a+b' });
  const violations = [{ field: 'media_type', description: 'is bad' }];
  const refusal = { kind: 'invalid-argument', message: 'media_type is bad', violations };
  await expect(echo.client.clientStream(echoes('a', 'bad'))).rejects.toMatchObject(refusal);
  await expect(echo.client.unary({ mediaType: 'bad' })).rejects.toMatchObject(refusal);
  await expect(collect(echo.client.bidiStream(echoes('a', 'bad')))).rejects.toMatchObject(refusal);
});

it('lets a call in flight finish while it stops', async () => {
  const started = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<undefined>();
  let closedAfter = '';
  const running = await startEcho({
    settings: { drainMs: 30_000 },
    handlers: {
      async unary(request) {
        started.resolve(undefined);
        await release.promise;
        closedAfter = 'handler';
        return request;
      },
    },
    service: {
      close: () => {
        closedAfter += ', close';
        return Promise.resolve();
      },
    },
  });
  const call = running.client.unary({ mediaType: 'done' });
  await started.promise;
  const stopping = running.service.stop();
  release.resolve(undefined);
  await expect(call).resolves.toMatchObject({ mediaType: 'done' });
  await stopping;
  expect(closedAfter).toBe('handler, close');
  running.client.close();
});

it('ends calls that outlast the drain deadline with UNAVAILABLE', async () => {
  const { hang, started, aborted } = hanging();
  const running = await startEcho({
    settings: { drainMs: 50 },
    handlers: { unary: (_request, { signal }) => hang(signal) },
  });
  const call = running.client.unary({}).catch((error: unknown) => error);
  await started;
  await running.service.stop();
  expect(await call).toMatchObject({ kind: 'unavailable', reason: 'SHUTTING_DOWN' });
  expect(await aborted).toBeInstanceOf(SipfError);
  running.client.close();
});

it('ends a watch that requested it as soon as it stops', async () => {
  const { hang, started } = hanging();
  const running = await startEcho({
    settings: { drainMs: 600_000 },
    handlers: {
      async *serverStream(request, context) {
        context.abortOnTerminate();
        yield request;
        await hang(context.signal);
      },
    },
  });
  const watch = collect(running.client.serverStream({})).catch((error: unknown) => error);
  await started;
  await running.service.stop();
  expect(await watch).toMatchObject({ kind: 'unavailable', reason: 'SHUTTING_DOWN' });
  running.client.close();
});
