import { ItemQueue } from '@sipf/async';
import { common } from '@sipf/contracts';
import type { SipfError } from '@sipf/errors';
import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { afterEach, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';

type Message = common.ArtifactRef;

const running: RunningEcho[] = [];
const sessions: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  for (const echo of running.splice(0)) await echo.stop();
});

async function start(options: Parameters<typeof startEcho>[0]): Promise<RunningEcho> {
  const echo = await startEcho(options);
  running.push(echo);
  return echo;
}

/** A stream that asks when the test says so. */
function openStream({ client }: RunningEcho) {
  const requests = new ItemQueue<Message>();
  const answers = client.bidiStream(requests, { deadlineMs: Infinity })[Symbol.asyncIterator]();
  const ask = async (mediaType: string): Promise<string | undefined> => {
    requests.push(common.ArtifactRef.fromPartial({ mediaType }));
    const answer = (await answers.next()) as IteratorResult<Message, undefined>;
    return answer.value?.mediaType;
  };
  const next = () => answers.next();
  return {
    ask,
    next,
    end: () => {
      requests.end();
    },
  };
}

const headers = (method: string) => ({
  ':method': 'POST',
  ':path': `/${EchoServiceDefinition.fullName}/${method}`,
  'content-type': 'application/grpc',
  te: 'trailers',
});

/** A connection whose calls have no room for answers: their caller does not read. */
function connectUnreading(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } });
  sessions.push(session);
  return session.on('error', () => undefined);
}

it('counts streams only while they have a request under way', async () => {
  const letGo = Promise.withResolvers<undefined>();
  const echo = await start({
    settings: { maxConcurrentCalls: 1 },
    handlers: {
      async *bidiStream(requests) {
        for await (const request of requests) {
          if (request.mediaType === 'wait') await letGo.promise;
          yield request;
        }
      },
    },
  });
  const streams = Array.from({ length: 20 }, () => openStream(echo));
  for (const stream of streams) expect(await stream.ask('a')).toBe('a');
  expect((await echo.client.unary({ mediaType: 'b' })).mediaType).toBe('b');
  const [first, second] = streams;
  const waits = first?.ask('wait');
  await expect
    .poll(() => echo.client.unary({}).catch((error: unknown) => (error as SipfError).reason))
    .toBe('QUEUE_FULL');
  // A stream that has begun is not refused: it waits for its turn.
  const later = second?.ask('later');
  letGo.resolve(undefined);
  expect(await waits).toBe('wait');
  expect(await later).toBe('later');
  for (const stream of streams) stream.end();
});

it('lets watches and work not shut each other out', async () => {
  const { methods } = EchoServiceDefinition;
  const watch = {
    ...EchoServiceDefinition,
    methods: { ...methods, serverStream: { ...methods.serverStream, name: 'WatchEcho' } },
  };
  const echo = await start({
    settings: { maxConcurrentCalls: 1 },
    definition: watch,
    handlers: {
      async *serverStream(request, { signal }) {
        yield request;
        await once(signal, 'abort');
      },
    },
  });
  using client = createClient(watch, echo.address);
  const stop = new AbortController();
  const watching = client.serverStream({ mediaType: 'a' }, { signal: stop.signal })[Symbol.asyncIterator]();
  await watching.next();
  expect((await client.unary({ mediaType: 'b' })).mediaType).toBe('b');
  const second = client.serverStream({ mediaType: 'a' })[Symbol.asyncIterator]();
  await expect(second.next()).rejects.toMatchObject({
    ...{ reason: 'QUEUE_FULL', message: 'the server is at its limit of 1 watches at once' },
  });
  stop.abort();
  await watching.next().catch(() => undefined);
});

it('ends a stream that sends nothing, and names the setting', async () => {
  const echo = await start({ settings: { maxSilentMs: 300 } });
  const stream = openStream(echo);
  expect(await stream.ask('a')).toBe('a');
  await expect(stream.next()).rejects.toMatchObject({
    kind: 'deadline-exceeded',
    reason: 'STREAM_SILENT',
    message: expect.stringContaining('--max-silent-ms') as string,
  });
});

it('ends a call that is opened and left without a message', async () => {
  const echo = await start({ settings: { maxSilentMs: 300 } });
  const session = connect(`http://${echo.address}`);
  sessions.push(session);
  const call = session.request(headers('Unary'), { endStream: false });
  const [answer] = (await once(call, 'response')) as [Record<string, string>];
  expect(answer['grpc-status']).toBe('4');
});

it('does not end a call for the time that its own work takes', async () => {
  const letGo = Promise.withResolvers<undefined>();
  const waits = async <T>(value: T): Promise<T> => (await letGo.promise, value);
  const echo = await start({
    settings: { maxSilentMs: 100 },
    handlers: {
      unary: waits,
      async *serverStream(request) {
        yield request;
        yield await waits(request);
      },
      async *bidiStream(requests) {
        for await (const request of requests) yield await waits(request);
      },
    },
  });
  const stream = openStream(echo);
  const calls = [echo.client.unary({ mediaType: 'u' }).then(({ mediaType }) => mediaType), stream.ask('b')];
  const watch = echo.client.serverStream({ mediaType: 's' })[Symbol.asyncIterator]();
  await watch.next();
  const second = watch.next();
  setTimeout(letGo.resolve, 600, undefined);
  expect(await Promise.all(calls)).toEqual(['u', 'b']);
  expect(((await second) as IteratorResult<Message, undefined>).value?.mediaType).toBe('s');
  stream.end();
});

it('resets calls whose caller does not read, and gives their slots to others', async () => {
  const echo = await start({ settings: { maxSilentMs: 500, maxConcurrentCalls: 4 } });
  const session = connectUnreading(echo.address);
  const request = Buffer.from([0, 0, 0, 0, 3, 0x1a, 1, 0x61]);
  const calls = Array.from({ length: 4 }, () => session.request(headers('Unary')));
  const ends = calls.map(async (call) => {
    const closed = Promise.withResolvers<number>();
    call
      .on('error', () => undefined)
      .on('close', () => {
        closed.resolve(call.rstCode);
      });
    call.end(request);
    return await closed.promise;
  });
  expect(new Set(await Promise.all(ends))).toEqual(new Set([constants.NGHTTP2_ENHANCE_YOUR_CALM]));
  using impatient = createClient(EchoServiceDefinition, echo.address, { retry: { attempts: 1 } });
  const answers = await Promise.all(Array.from({ length: 4 }, () => impatient.unary({ mediaType: 'a' })));
  expect(answers).toHaveLength(4);
});
