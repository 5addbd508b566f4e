import { SipfError } from '@sipf/errors';
import { createRng } from '@sipf/random';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Endpoint, ServerFault, type ServerLease } from './endpoint.ts';
import { parseServers } from './parse-servers.ts';
import { fixedServers, resolvedServers } from './servers.ts';

const open: AsyncDisposableStack[] = [];

afterEach(async () => {
  for (const stack of open.splice(0)) await stack.disposeAsync();
});

async function start(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stack = new AsyncDisposableStack();
  stack.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  open.push(stack);
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
}

function endpointOf(servers: readonly URL[], now: () => number = () => performance.now()): Endpoint {
  return new Endpoint({
    ...{ servers: fixedServers(servers), key: () => undefined, timeoutMs: 5000, attempts: 2 },
    ...{ rng: createRng(1), now },
    failures: {
      refused: ({ said }) => new SipfError('failed-precondition', said, { reason: 'REFUSED' }),
      gaveUp: ({ why }) => new SipfError('unavailable', why, { reason: 'GAVE_UP' }),
    },
  });
}

const call = { signal: new AbortController().signal, parse: (text: string) => text };

it('asks the server with the fewest open requests', async () => {
  const waiting: (() => void)[] = [];
  const slow = await start((_request, response) => waiting.push(() => response.end('slow')));
  const fast = await start((_request, response) => response.end('fast'));
  const endpoint = endpointOf([slow, fast]);
  const first = endpoint.get('x', call);
  await expect.poll(() => waiting.length).toBe(1);
  for (let n = 0; n < 3; n++) expect(await endpoint.get('x', call)).toBe('fast');
  waiting[0]?.();
  expect(await first).toBe('slow');
});

it('asks another server at once where one is away, and comes back to it later', async () => {
  let clock = 0;
  let isAway = true;
  let asked = 0;
  const first = await start((_request, response) => {
    asked += 1;
    if (isAway) response.writeHead(503).end();
    else response.end('first');
  });
  const second = await start((_request, response) => response.end('second'));
  const endpoint = endpointOf([first, second], () => clock);
  for (let n = 0; n < 5; n++) expect(await endpoint.get('x', call)).toBe('second');
  expect(asked).toBe(1);
  [isAway, clock] = [false, 31_000];
  const answers = [await endpoint.get('x', call), await endpoint.get('x', call)];
  expect(answers.sort()).toEqual(['first', 'second']);
});

it('gives up on servers that are all away after its attempts, each server once an attempt', async () => {
  const asked: string[] = [];
  const away =
    (name: string): RequestListener =>
    (_request, response) => {
      asked.push(name);
      response.writeHead(503).end('{"message": "starting"}');
    };
  const endpoint = endpointOf([await start(away('a')), await start(away('b'))]);
  await expect(endpoint.get('x', call)).rejects.toMatchObject({
    reason: 'GAVE_UP',
    message: 'status 503: starting',
  });
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.length).toBeLessThanOrEqual(4);
});

it('makes a server ready before a request, another one where that fails, and asks again where it did not hold', async () => {
  const bad = await start((_request, response) => response.end('bad'));
  const good = await start((_request, response) => response.end('good'));
  const endpoint = endpointOf([bad, good]);
  let [held, released] = [0, 0];
  const lease = (server: { readonly host: string }): Promise<ServerLease> => {
    if (server.host === bad.host)
      return Promise.reject(new ServerFault({ kind: 'unavailable', why: 'unfit', retryAfter: undefined }));
    return Promise.resolve({
      holds: () => Promise.resolve(++held > 1),
      [Symbol.dispose]: () => void released++,
    });
  };
  expect(await endpoint.get('x', { ...call, lease })).toBe('good');
  expect([held, released]).toEqual([2, 2]);
});

it('knows the addresses of a name as they change, and those before where the name server fails', async () => {
  let clock = 0;
  let answer: () => Promise<string[]> = () => Promise.resolve(['10.0.0.1', '10.0.0.2', '10.0.0.1']);
  const options = { now: () => clock, lookup: () => answer() };
  const servers = resolvedServers(new URL('http://vllm:8000/v1'), options);
  const hosts = async (): Promise<string[]> => (await servers.list()).map(({ href }) => href);
  expect(await hosts()).toEqual(['http://10.0.0.1:8000/v1', 'http://10.0.0.2:8000/v1']);
  answer = () => Promise.resolve(['fd00::1']);
  expect(await hosts()).toHaveLength(2);
  clock = 10_001;
  expect(await hosts()).toEqual(['http://[fd00::1]:8000/v1']);
  answer = () => Promise.reject(new Error('SERVFAIL'));
  clock = 20_002;
  expect(await hosts()).toEqual(['http://[fd00::1]:8000/v1']);
  const unknown = resolvedServers(new URL('http://nobody:1/v1'), options);
  await expect(unknown.list()).rejects.toThrow('SERVFAIL');
});

it('reads servers as settings name them', async () => {
  const list = async (text: string): Promise<string[] | undefined> =>
    (await parseServers(text, () => 0)?.list())?.map(({ href }) => href);
  expect(await list('http://a:8000/v1, https://b/v1,http://a:8000/v1')).toEqual([
    'http://a:8000/v1',
    'https://b/v1',
  ]);
  expect(parseServers('dns:///policy-vllm:8000', () => 0)).toMatchObject({
    name: 'policy-vllm:8000',
    areSeveral: true,
  });
  for (const wrong of ['', 'vllm:8000', 'ftp://a', 'http://a,', 'dns:///a', 'dns://a:1', 'dns:///a:1,b:2'])
    expect(await list(wrong), wrong).toBeUndefined();
});
