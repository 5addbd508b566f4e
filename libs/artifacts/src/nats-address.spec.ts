import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseNatsAddress } from './nats-address.ts';

const none = {};

it.each([
  ['nats://host:4222', { servers: ['nats://host:4222'] }],
  ['host:4222', { servers: ['nats://host:4222'] }],
  ['tls://host:4222,tls://other', { servers: ['tls://host:4222', 'tls://other'], tls: {} }],
  ['nats://me:secret@host:4222', { servers: ['nats://host:4222'], user: 'me', pass: 'secret' }],
  ['nats://a%40b:p%3Aq%25@host', { servers: ['nats://host'], user: 'a@b', pass: 'p:q%' }],
  ['nats://t0ken@host', { servers: ['nats://host'], token: 't0ken' }],
  ['nats://me:x@a:1,nats://me:x@b:2', { servers: ['nats://a:1', 'nats://b:2'], user: 'me', pass: 'x' }],
])('reads %s', (text, options) => {
  const address = parseNatsAddress(text, none);
  expect(address.options).toEqual(options);
  expect(address.shown).toBe(options.servers.join(','));
});

it.each([
  ['http://host', 'begins with none of'],
  ['nats://', 'no'],
  ['nats://me:secret%@host', 'not percent-encoded'],
  ['nats://me:secret@a,nats://me:other@b', 'different credentials'],
])('refuses %s by name, without a password', (text, words) => {
  const read = (): unknown => parseNatsAddress(text, none);
  expect(read).toThrow(words);
  expect(read).not.toThrow('secret');
});

it('takes credentials from the environment where the address has none', () => {
  const env = { NATS_USER: 'me', NATS_PASSWORD: 'secret', NATS_TOKEN: 't' };
  expect(parseNatsAddress('nats://host', env).options).toMatchObject({ user: 'me', pass: 'secret' });
  expect(parseNatsAddress('nats://host', { NATS_TOKEN: 't' }).options).toMatchObject({ token: 't' });
  expect(parseNatsAddress('nats://you:own@host', env).options).toMatchObject({ user: 'you', pass: 'own' });
});

it("takes NATS' own credentials from a file, and names the variable of one that cannot be read", () => {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-nats-creds-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'me.creds');
  writeFileSync(file, 'x');
  expect(parseNatsAddress('nats://host', { NATS_CREDS: file }).options.authenticator).toBeTypeOf('function');
  const read = (): unknown => parseNatsAddress('nats://host', { NATS_CREDS: join(folder, 'none') });
  expect(read).toThrow('NATS_CREDS names cannot be read (ENOENT)');
});
