import { openArtifactStore } from '@sipf/artifacts';
import { connectNatsBus, type NatsServer } from '@sipf/events';
import { createLogger } from '@sipf/service';
import { hasOpenssl, makeCertificates, type CertificateFolder } from '@sipf/service/testing';
import { nkeys } from 'nats';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';

const log = createLogger({ service: 'test', level: 'silent' });
/** The package exports it without types. */
const keys = nkeys as { createUser(): { getSeed(): Uint8Array; getPublicKey(): string } };
const event = { subject: 'sipf.run.iteration.1.scored', id: '1', payload: new Uint8Array([1]) };

describe.skipIf(!hasNats || !hasOpenssl())('a NATS server that wants certificates and a key', () => {
  const folder = temporaryFolder();
  const seed = join(folder.path, 'user.nk');
  let certificates: CertificateFolder;
  let server: NatsServer;
  let address: string;

  beforeAll(async () => {
    certificates = makeCertificates();
    const user = keys.createUser();
    writeFileSync(seed, `${Buffer.from(user.getSeed()).toString()}\n`);
    const { caFile, server: own } = certificates;
    const configFile = join(folder.path, 'nats.conf');
    writeFileSync(
      configFile,
      `tls { cert_file: "${own.certFile}", key_file: "${own.keyFile}", ca_file: "${caFile}", verify: true }
       authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
    );
    server = await startNats(join(folder.path, 'store'), { configFile });
    address = `127.0.0.1:${server.port}`;
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  afterAll(async () => {
    await server.stop();
    certificates.remove();
    folder.remove();
  });

  const withFiles = (changed: Readonly<Record<string, string>> = {}): void => {
    const { caFile, client } = certificates;
    const files = { NATS_CA: caFile, NATS_CERT: client.certFile, NATS_KEY: client.keyFile, NATS_NKEY: seed };
    for (const [name, value] of Object.entries({ ...files, ...changed })) vi.stubEnv(name, value);
  };

  it.each(['nats', 'tls'])('lets events and artifacts in over %s://', async (scheme) => {
    withFiles();
    const bus = await connectNatsBus({ url: `${scheme}://${address}`, log });
    await bus.publish(event);
    await bus.close();
    const { store, close } = await openArtifactStore(`${scheme}://${address}/models`, { cache: folder.path });
    const ref = await store.putBytes(new Uint8Array([1]), 'text/plain');
    expect(await store.has(ref)).toBe(true);
    await close();
  });

  it.each([
    [
      'a stranger’s certificate',
      () => ({ NATS_CERT: certificates.stranger.certFile, NATS_KEY: certificates.stranger.keyFile }),
      'unavailable',
    ],
    [
      'an authority that did not sign the server’s',
      () => ({ NATS_CA: certificates.stranger.certFile }),
      'unavailable',
    ],
    ['no key', () => ({ NATS_NKEY: '' }), 'unauthenticated'],
  ])('refuses %s', async (_what, changed, kind) => {
    withFiles(changed());
    const call = connectNatsBus({ url: `tls://${address}`, log });
    await expect(call).rejects.toMatchObject({ kind, reason: 'EVENTS_UNAVAILABLE' });
  });

  it('is not what a server without TLS may be: what asked for TLS is not sent in clear text', async () => {
    const plain = await startNats(join(folder.path, 'plain'));
    try {
      withFiles();
      for (const scheme of ['nats', 'tls']) {
        const call = connectNatsBus({ url: `${scheme}://127.0.0.1:${plain.port}`, log });
        await expect(call).rejects.toThrow(/TLS/i);
      }
    } finally {
      await plain.stop();
    }
  });
});
