import { afterEach, expect, it } from 'vitest';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { collect, echoes } from '../testing/streams.ts';
import { createClient } from './create-client.ts';

const running: RunningEcho[] = [];
afterEach(async () => {
  for (const echo of running.splice(0)) await echo.stop();
});

async function start(options: Parameters<typeof startEcho>[0] = {}): Promise<RunningEcho> {
  const echo = await startEcho(options);
  running.push(echo);
  return echo;
}

it('speaks every kind of call', async () => {
  const { client } = await start();
  const texts = (messages: readonly { mediaType: string }[]) => messages.map(({ mediaType }) => mediaType);
  expect((await client.unary({ mediaType: 'a' })).mediaType).toBe('a');
  expect(texts(await collect(client.serverStream({ mediaType: 'a' })))).toEqual(['a', 'a']);
  expect((await client.clientStream(echoes('a', 'b'))).mediaType).toBe('a+b');
  expect(texts(await collect(client.bidiStream(echoes('a', 'b'))))).toEqual(['a', 'b']);
});

it('distributes its calls over the servers of a list', async () => {
  const servers = await Promise.all(
    ['one', 'other'].map((name) =>
      start({ handlers: { unary: () => Promise.resolve({ mediaType: name }) } }),
    ),
  );
  const address = `ipv4:${servers.map((server) => server.address).join(',')}`;
  using client = createClient(EchoServiceDefinition, address);
  expect(client.countServers()).toBe(2);
  const answers = new Set<string>();
  await expect
    .poll(async () => answers.add((await client.unary({})).mediaType).size, { timeout: 30_000 })
    .toBe(2);
});

it('skips a server that keeps failing', async () => {
  const broken = { unary: () => Promise.reject(new Error('broken')) };
  const servers = [await start({ handlers: broken }), await start(), await start()];
  const address = `ipv4:${servers.map((server) => server.address).join(',')}`;
  using client = createClient(EchoServiceDefinition, address);
  const failures = async (): Promise<number> => {
    const calls = Array.from({ length: 60 }, () => client.unary({ mediaType: 'a' }));
    const ended = await Promise.allSettled(calls);
    return ended.filter(({ status }) => status === 'rejected').length;
  };
  await expect.poll(failures, { timeout: 30_000 }).toBeGreaterThan(10);
  await expect.poll(failures, { timeout: 30_000, interval: 500 }).toBe(0);
});

it('cancels every call when its own signal aborts', async () => {
  const { address } = await start({ handlers: { unary: () => Promise.withResolvers<never>().promise } });
  const cancel = new AbortController();
  using client = createClient(EchoServiceDefinition, address, { signal: cancel.signal });
  const calls = [client.unary({}), client.unary({}, { signal: new AbortController().signal })];
  cancel.abort();
  for (const call of calls) await expect(call).rejects.toMatchObject({ name: 'AbortError' });
});

it('refuses an answer over its own limit', async () => {
  const { address } = await start();
  using client = createClient(EchoServiceDefinition, address, { maxResponseBytes: 100 });
  await expect(client.unary({ mediaType: 'x'.repeat(200) })).rejects.toMatchObject({
    kind: 'resource-exhausted',
  });
});
