import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serviceSettings, type ServiceSettings } from '../server/service-settings.ts';
import { checkListening } from './check-listening.ts';

const logger = { error: () => undefined };
const check = (settings: Partial<ServiceSettings>, tokenList?: string) => () => {
  checkListening(serviceSettings(settings), { tokenList, logger });
};

it('takes what a service can listen with', () => {
  expect(check({})).not.toThrow();
  expect(check({ metricsAddress: 'off' })).not.toThrow();
  expect(check({ address: '0.0.0.0:0', allowInsecure: true })).not.toThrow();
});

it.each([
  ['INSECURE_ADDRESS', { address: '0.0.0.0:0' }],
  ['INVALID_FIELD', { address: 'here' }],
  ['INVALID_FIELD', { metricsAddress: '127.0.0.1' }],
  ['TLS_INVALID', { tls: { certFile: '/none', keyFile: '/none' } }],
] as const)('finds what it is refused for: %s %j', (reason, settings) => {
  expect(check(settings)).toThrow(expect.objectContaining({ reason }));
});

it('finds a file of tokens that cannot be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-tokens-'));
  const file = join(folder, 'tokens.json');
  writeFileSync(file, 'no list');
  expect(check({}, file)).toThrow(expect.objectContaining({ reason: 'TOKENS_INVALID' }));
  expect(check({}, join(folder, 'none'))).toThrow(expect.objectContaining({ reason: 'TOKENS_INVALID' }));
  rmSync(folder, { recursive: true });
});
