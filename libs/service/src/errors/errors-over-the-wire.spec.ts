import { SipfError, type ErrorKind, type SipfErrorOptions } from '@sipf/errors';
import { afterEach, describe, expect, it } from 'vitest';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { collect, echoes } from '../testing/streams.ts';
import { RemoteFault } from './remote-fault.ts';
import { STATUS_OF_KIND } from './status-table.ts';

let echo: RunningEcho | undefined;
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
});

const message = 'the model sha256:ab is not here: köln 😀';
const options: SipfErrorOptions = {
  reason: 'MODEL_NOT_FOUND',
  violations: [{ field: 'model.digest', description: 'is unknown' }],
  metadata: { digest: 'sha256:ab' },
  retryAfterMs: 1250,
};

async function startThrowing(error: () => Error): Promise<RunningEcho> {
  echo = await startEcho({
    handlers: {
      unary: () => Promise.reject(error()),
      async *serverStream(request) {
        yield await Promise.resolve(request);
        throw error();
      },
      clientStream: () => {
        throw error();
      },
    },
  });
  return echo;
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(Object.keys(STATUS_OF_KIND) as ErrorKind[])('an error of kind %s', (kind) => {
  it('reaches the caller of a unary call as it was thrown', async () => {
    const { client } = await startThrowing(() => new SipfError(kind, message, options));
    expect(await failureOf(client.unary({}))).toMatchObject({ name: 'SipfError', kind, message, ...options });
  });

  it('reaches the reader of a stream after the messages before it', async () => {
    const { client } = await startThrowing(() => new SipfError(kind, message, options));
    const received: unknown[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const one of client.serverStream({ mediaType: 'x' })) received.push(one);
      })(),
    );
    expect(failure).toMatchObject({ name: 'SipfError', kind, message, ...options });
    expect(received).toHaveLength(1);
  });
});

describe('an unforeseen error', () => {
  const secret = '/home/somebody/.secrets/key';

  it.each([
    ['a rejected unary handler', (one: RunningEcho) => one.client.unary({})],
    ['a failing stream', (one: RunningEcho) => collect(one.client.serverStream({}))],
    ['a handler that throws before it returns', (one: RunningEcho) => one.client.clientStream(echoes('x'))],
  ])('is an id to the caller of %s, and the detail is in the log under that id', async (_name, call) => {
    const running = await startThrowing(() => Object.assign(new Error(`ENOENT ${secret}`), { code: 5 }));
    const failure = await failureOf(call(running));
    expect(failure).toBeInstanceOf(RemoteFault);
    const { message: text, errorId } = failure as RemoteFault;
    expect(text).not.toContain(secret);
    expect(text).toContain(`internal error ${String(errorId)}`);
    const logged = running.logs.find((line) => line['errorId'] === errorId);
    expect(JSON.stringify(logged)).toContain(secret);
  });
});

it('cuts huge errors so that they still arrive', async () => {
  const violations = Array.from({ length: 5000 }, (_, row) => ({
    field: `rows[${row}]`,
    description: '😀'.repeat(500),
  }));
  const { client } = await startThrowing(
    () =>
      new SipfError('invalid-argument', '\ud83d bad '.repeat(10_000), {
        reason: 'INVALID_FIELD',
        violations,
      }),
  );
  const failure = await failureOf(client.unary({}));
  expect(failure).toMatchObject({ kind: 'invalid-argument', reason: 'INVALID_FIELD' });
  expect((failure as SipfError).violations.length).toBeGreaterThan(3);
});

it('reports a full disk without its path', async () => {
  const cause = Object.assign(new Error("ENOSPC: no space left on device, write '/secret/place'"), {
    code: 'ENOSPC',
  });
  const { client } = await startThrowing(() => new Error('a checkpoint cannot be written', { cause }));
  const failure = await failureOf(client.unary({}));
  expect(failure).toMatchObject({
    kind: 'resource-exhausted',
    reason: 'STORAGE_FULL',
    retryAfterMs: undefined,
  });
  expect(String(failure)).toContain('make room');
  expect(String(failure)).not.toContain('secret');
});
