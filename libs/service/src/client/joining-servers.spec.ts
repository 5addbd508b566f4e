import dns, { type LookupAddress } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { createClient } from './create-client.ts';

const running: RunningEcho[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const echo of running.splice(0)) await echo.stop();
});

/** An echo server that answers with its name, and at once; a call for "wait" lasts until it is let go. */
async function start(address: string, name: string, until: Promise<unknown> = Promise.resolve()) {
  const unary = async ({ mediaType }: { mediaType: string }) => {
    if (mediaType === 'wait') await until;
    return { mediaType: name };
  };
  const echo = await startEcho({ handlers: { unary }, settings: { address } });
  running.push(echo);
  return echo;
}

/** Makes a name stand for some addresses, as a cluster's DNS does. */
function nameServers(name: string, hosts: readonly string[]): void {
  vi.restoreAllMocks();
  const { lookup } = dns.promises;
  const answer = hosts.map((address): LookupAddress => ({ address, family: 4 }));
  const looked = (host: string, ...rest: unknown[]) =>
    host === name ? Promise.resolve(answer) : (lookup as (...args: unknown[]) => unknown)(host, ...rest);
  vi.spyOn(dns.promises, 'lookup').mockImplementation(looked as typeof lookup);
}

it('gives servers that join their share within 30 s, and leaves calls under way where they are', async () => {
  const letGo = Promise.withResolvers<undefined>();
  const first = await start('127.0.0.1:0', 'first', letGo.promise);
  const port = first.address.split(':').at(-1) ?? '';
  nameServers('echo.test', ['127.0.0.1']);
  using client = createClient(EchoServiceDefinition, `dns:///echo.test:${port}`);
  const ask = async () => (await client.unary({ mediaType: 'a' }, { idempotent: true })).mediaType;
  const askOften = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = { first: 0, second: 0, third: 0 };
    for (let call = 0; call < 60; call++) {
      const name = await ask();
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  expect(client.countServers()).toBe(1);
  const long = client.unary({ mediaType: 'wait' });
  await start(`127.0.0.2:${port}`, 'second');
  await start(`127.0.0.3:${port}`, 'third');
  expect(await askOften()).toEqual({ first: 60, second: 0, third: 0 });
  nameServers('echo.test', ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  const seen = new Set<string>();
  await expect.poll(async () => seen.add(await ask()).size, { timeout: 30_000, interval: 100 }).toBe(3);
  expect(await askOften()).toEqual({ first: 20, second: 20, third: 20 });
  expect(client.countServers()).toBe(3);
  letGo.resolve(undefined);
  expect((await long).mediaType).toBe('first');
  await sleep(0);
  // One that leaves loses no call.
  nameServers('echo.test', ['127.0.0.2', '127.0.0.3']);
  await first.stop();
  expect(await askOften()).toEqual({ first: 0, second: 30, third: 30 });
  // Nobody need call for that to be noticed.
  await expect.poll(() => client.countServers(), { timeout: 30_000, interval: 100 }).toBe(2);
}, 60_000);
