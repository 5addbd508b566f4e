import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serviceSettings, type ServiceSettings } from '../server/service-settings.ts';
import { checkListening } from './check-listening.ts';

const logger = { error: () => undefined };
const check = (settings: Partial<ServiceSettings>, tokenList?: string) =>
  checkListening(serviceSettings(settings), { tokenList, logger });

/** A port that somebody listens at. */
async function takenPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => void server.close() };
}

it('takes what a service can listen with, and leaves its ports free', async () => {
  await check({});
  await check({ metricsAddress: 'off' });
  await check({ address: '0.0.0.0:0', allowInsecure: true });
  let port: number;
  {
    using taken = await takenPort();
    ({ port } = taken);
  }
  await check({ address: `127.0.0.1:${port}` });
  await check({ address: `127.0.0.1:${port}` });
});

it.each([
  ['INSECURE_ADDRESS', { address: '0.0.0.0:0' }],
  ['INVALID_FIELD', { address: 'here' }],
  ['INVALID_FIELD', { metricsAddress: '127.0.0.1' }],
  ['TLS_INVALID', { tls: { certFile: '/none', keyFile: '/none' } }],
  ['ADDRESS_UNAVAILABLE', { address: '192.0.2.1:0', allowInsecure: true }],
] as const)('finds what it is refused for: %s %j', async (reason, settings) => {
  await expect(check(settings)).rejects.toThrow(expect.objectContaining({ reason }));
});

it('finds ports that are taken, by others or by itself', async () => {
  using taken = await takenPort();
  const own = `127.0.0.1:${taken.port}`;
  const reason = 'ADDRESS_UNAVAILABLE';
  const words = expect.stringContaining(`cannot listen on ${own}`) as string;
  await expect(check({ address: own })).rejects.toMatchObject({ reason, message: words });
  await expect(check({ metricsAddress: own })).rejects.toMatchObject({ reason, message: words });
  taken[Symbol.dispose]();
  await expect(check({ address: own, metricsAddress: own })).rejects.toMatchObject({
    reason,
    message: words,
  });
});

it('finds a file of tokens that cannot be used', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-tokens-'));
  const file = join(folder, 'tokens.json');
  writeFileSync(file, 'no list');
  const refused: unknown = expect.objectContaining({ reason: 'TOKENS_INVALID' });
  await expect(check({}, file)).rejects.toThrow(refused);
  await expect(check({}, join(folder, 'none'))).rejects.toThrow(refused);
  rmSync(folder, { recursive: true });
});
