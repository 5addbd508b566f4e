import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { waitForReady } from '../client/wait-for-ready.ts';
import { hasOpenssl, makeCertificates, type CertificateFolder } from '../testing/certificates.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import type { ClientTls } from './tls.ts';

let echo: RunningEcho | undefined;
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
});

async function ask(address: string, tls?: ClientTls): Promise<string> {
  using client = createClient(EchoServiceDefinition, address, { tls, deadlineMs: 10_000 });
  return (await client.unary({ mediaType: 'hello' })).mediaType;
}

describe.skipIf(!hasOpenssl())('a service with certificates', () => {
  let certificates: CertificateFolder;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  afterAll(() => {
    certificates.remove();
  });

  it('answers clients that trust its authority, and only those', async () => {
    echo = await startEcho({ settings: { tls: certificates.server, address: 'localhost:0' } });
    const { caFile } = certificates;
    await waitForReady(echo.address, { tls: { caFile }, deadlineMs: 10_000 });
    await expect(ask(echo.address, { caFile })).resolves.toBe('hello');
    await expect(ask(echo.address, {})).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(ask(echo.address)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('asks for a certificate of its authority under mutual TLS', async () => {
    const { caFile, server, client, stranger } = certificates;
    echo = await startEcho({
      settings: { address: 'localhost:0', tls: { ...server, caFile, requireClientCert: true } },
    });
    await expect(ask(echo.address, { caFile, ...client })).resolves.toBe('hello');
    await expect(ask(echo.address, { caFile })).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(ask(echo.address, { caFile, ...stranger })).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('may listen to the network where it knows its callers', async () => {
    const { caFile, server, client } = certificates;
    const settings = { address: '0.0.0.0:0', tls: server };
    await expect(startEcho({ settings })).rejects.toMatchObject({ reason: 'INSECURE_ADDRESS' });
    const tls = { ...server, caFile, requireClientCert: true };
    echo = await startEcho({ settings: { ...settings, tls } });
    await expect(ask(`localhost:${echo.port}`, { caFile, ...client })).resolves.toBe('hello');
  });
});

it('refuses to listen to the network in clear text unless allowed', async () => {
  await expect(startEcho({ settings: { address: '0.0.0.0:0' } })).rejects.toMatchObject({
    kind: 'failed-precondition',
    reason: 'INSECURE_ADDRESS',
  });
  echo = await startEcho({ settings: { address: '0.0.0.0:0', allowInsecure: true } });
  await expect(ask(`127.0.0.1:${echo.port}`)).resolves.toBe('hello');
});

it('names the certificate file that it cannot read', async () => {
  const tls = { certFile: '/nowhere/server.crt', keyFile: '/nowhere/server.key' };
  await expect(startEcho({ settings: { tls } })).rejects.toThrow('cannot read /nowhere/server.key (ENOENT)');
});

it('refuses mutual TLS without an authority', async () => {
  const tls = { certFile: 'a', keyFile: 'b', requireClientCert: true };
  await expect(startEcho({ settings: { tls } })).rejects.toMatchObject({ reason: 'TLS_INVALID' });
});
