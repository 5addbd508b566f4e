import { SipfError } from '@sipf/errors';
import { createRng } from '@sipf/random';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Endpoint, type EndpointOptions } from './endpoint.ts';
import { fixedServers } from './servers.ts';

interface Running extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly keys: (string | undefined)[];
}

async function serve(listener: RequestListener, options: Partial<EndpointOptions> = {}): Promise<Running> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = new Endpoint({
    ...{
      servers: fixedServers([new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`)]),
      key: () => 'secret',
    },
    ...{ timeoutMs: 5000, attempts: 2, rng: createRng(1), now: () => 0 },
    failures: {
      refused: ({ status, said }) => new SipfError('failed-precondition', said, { reason: String(status) }),
      gaveUp: ({ kind, why }) => new SipfError('unavailable', why, { reason: kind }),
    },
    ...options,
  });
  return {
    ...{ endpoint, keys },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const call = {
  signal: new AbortController().signal,
  parse: (text: string) => (text === '' ? undefined : text),
};

it('asks with the key, below the server’s URL, and gives what the answer is read as', async () => {
  await using server = await serve((request, response) => {
    response.end(`${request.method ?? ''} ${request.url ?? ''}`);
  });
  expect(await server.endpoint.get('models/a%2Bb', call)).toBe('GET /v1/models/a%2Bb');
  expect(await server.endpoint.post('completions', {}, call)).toBe('POST /v1/completions');
  expect(server.keys).toEqual(['Bearer secret', 'Bearer secret']);
});

it('does not wait longer than it may for an answer that does not begin or does not end', async () => {
  await using silent = await serve(() => undefined, { timeoutMs: 50, attempts: 1 });
  await expect(silent.endpoint.get('x', call)).rejects.toMatchObject({
    reason: 'unavailable',
    message: expect.stringContaining('aborted due to timeout') as string,
  });
  await using slow = await serve((_request, response) => response.write('{'), { timeoutMs: 50, attempts: 1 });
  await expect(slow.endpoint.get('x', call)).rejects.toMatchObject({ reason: 'unavailable' });
});

it('follows no redirect with its key', async () => {
  await using other = await serve((_request, response) => response.end('here'));
  await using server = await serve((_request, response) => {
    response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
  });
  await expect(server.endpoint.get('x', call)).rejects.toMatchObject({ reason: '307' });
  expect(other.keys).toEqual([]);
});

it('says what the server says, and comes back when it asks to', async () => {
  let n = 0;
  await using server = await serve((_request, response) => {
    if (n++ === 0) response.writeHead(429, { 'retry-after': '0.01' }).end();
    else response.writeHead(400).end('{"error": {"message": "no\\n such   field"}}');
  });
  await expect(server.endpoint.post('x', {}, call)).rejects.toMatchObject({
    reason: '400',
    message: 'no such field',
  });
  expect(n).toBe(2);
});

it('takes no answer that is too large or that it cannot read', async () => {
  const options = { attempts: 1, maxBytes: 1000 };
  await using large = await serve((_request, response) => response.end('x'.repeat(2000)), options);
  await expect(large.endpoint.get('x', call)).rejects.toMatchObject({ message: 'the answer is too large' });
  await using empty = await serve((_request, response) => response.end(), options);
  await expect(empty.endpoint.get('x', call)).rejects.toMatchObject({ reason: 'invalid' });
});

it('stops at once when its caller has had enough, also between attempts', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(429, { 'retry-after': '600' }).end();
  });
  const signal = AbortSignal.timeout(100);
  const started = performance.now();
  await expect(server.endpoint.get('x', { ...call, signal })).rejects.toThrow();
  expect(performance.now() - started).toBeLessThan(3000);
});

it('says why a broken server broke, and takes its words for a refusal where the call knows them for one', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(500).end('{"error": {"message": "rank 32 is too high"}}');
  });
  await expect(server.endpoint.post('x', {}, call)).rejects.toMatchObject({
    reason: 'unavailable',
    message: 'status 500: rank 32 is too high',
  });
  expect(server.keys).toHaveLength(2);
  const isRefusal = (status: number, said: string): boolean => status === 500 && said.includes('rank');
  await expect(server.endpoint.post('x', {}, { ...call, isRefusal })).rejects.toMatchObject({
    reason: '500',
    message: 'rank 32 is too high',
  });
  expect(server.keys).toHaveLength(3);
});
