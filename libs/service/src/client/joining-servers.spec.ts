import dns, { type LookupAddress } from 'node:dns';
import { afterEach, expect, it, vi } from 'vitest';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { createClient } from './create-client.ts';

const running: RunningEcho[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const echo of running.splice(0)) await echo.stop();
});

async function start(address: string, mediaType: string): Promise<RunningEcho> {
  const unary = () => Promise.resolve({ mediaType });
  const echo = await startEcho({ handlers: { unary }, settings: { address } });
  running.push(echo);
  return echo;
}

/** Makes a name stand for some addresses, as a cluster's DNS does. */
function nameServers(name: string, hosts: readonly string[]): void {
  const { lookup } = dns.promises;
  const answer = hosts.map((address): LookupAddress => ({ address, family: 4 }));
  const looked = (host: string, ...rest: unknown[]) =>
    host === name ? Promise.resolve(answer) : (lookup as (...args: unknown[]) => unknown)(host, ...rest);
  vi.spyOn(dns.promises, 'lookup').mockImplementation(looked as typeof lookup);
}

it('gives calls to a server that joins within 30 s, and to none that has left, without losing any', async () => {
  const first = await start('127.0.0.1:0', 'first');
  const port = first.address.split(':').at(-1) ?? '';
  nameServers('echo.test', ['127.0.0.1']);
  using client = createClient(EchoServiceDefinition, `dns:///echo.test:${port}`);
  const ask = async () => (await client.unary({}, { idempotent: true })).mediaType;
  expect(await ask()).toBe('first');
  await start(`127.0.0.2:${port}`, 'second');
  nameServers('echo.test', ['127.0.0.1', '127.0.0.2']);
  await expect.poll(ask, { timeout: 30_000, interval: 50 }).toBe('second');
  nameServers('echo.test', ['127.0.0.2']);
  await first.stop();
  const answers = new Set<string>();
  for (let call = 0; call < 40; call++) answers.add(await ask());
  expect([...answers]).toEqual(['second']);
}, 60_000);
