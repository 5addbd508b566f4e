import { acquireAt } from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { hasOpenssl, makeCertificates } from '@sipf/service/testing';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKubernetesLeases } from './kubernetes-leases.ts';
import { describeServerLeases, loseHeldLease, placesOf } from './testing/server-leases-suite.ts';

/** Names a cluster of one's own; nothing but namespaces of this suite's is made in it. */
const kubeconfig = process.env['SIPF_KUBECONFIG'];
if (kubeconfig === undefined)
  process.stderr.write('skipping leases at a real API server: SIPF_KUBECONFIG names none\n');

const folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

it('is for pods: what is missing outside of one is said', async () => {
  await expect(openKubernetesLeases(folder.path, {})).rejects.toMatchObject({
    reason: 'SETTINGS_INVALID',
    message: expect.stringContaining('KUBERNETES_SERVICE_HOST is not set') as string,
  });
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1' };
  await expect(openKubernetesLeases(join(folder.path, 'none'), env)).rejects.toMatchObject({
    reason: 'SETTINGS_INVALID',
    message: expect.stringMatching(
      /none\/namespace cannot be read \(ENOENT\).*automountServiceAccountToken/,
    ) as string,
  });
});

it.skipIf(!hasOpenssl())('says what a proxy answers in the API server’s place', async () => {
  const certificates = makeCertificates();
  const { caFile, server: own } = certificates;
  const [key, cert] = [readFileSync(own.keyFile), readFileSync(own.certFile)];
  const proxy = createServer({ key, cert }, (_, answer) => answer.writeHead(502).end('<h1>Bad gateway</h1>'));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  writeFileSync(join(folder.path, 'ca.crt'), readFileSync(caFile));
  certificates.remove();
  for (const name of ['token', 'namespace']) writeFileSync(join(folder.path, name), 'x');
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${port}` };
  await expect(openKubernetesLeases(folder.path, env)).rejects.toMatchObject({
    ...{ kind: 'unavailable', reason: 'LEASES_UNAVAILABLE' },
    message: expect.stringContaining('refuses the leases of runs: HTTP status 502') as string,
  });
  proxy.closeAllConnections();
  proxy.close();
});

function kubectl(args: readonly string[]): string {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const { status, stdout, stderr } = spawnSync('kubectl', args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

describe.skipIf(kubeconfig === undefined)('at a real API server', () => {
  const namespace = `sipf-leases-${randomUUID().slice(0, 8)}`;
  let ca = '';
  let env: { readonly KUBERNETES_SERVICE_HOST: string; readonly KUBERNETES_SERVICE_PORT: string };

  beforeAll(() => {
    const flags = ['config', 'view', '--minify', '--raw', '--flatten', '--output', 'json'];
    const config = JSON.parse(kubectl(flags)) as {
      clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    };
    const { server, 'certificate-authority-data': authority } = config.clusters[0].cluster;
    const { hostname, port } = new URL(server);
    ca = Buffer.from(authority, 'base64').toString();
    env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port || '443' };
    kubectl(['create', 'namespace', namespace]);
  });

  afterAll(() => {
    kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  const inNamespace = (...args: string[]): string => kubectl([...args, '--namespace', namespace]);

  /** What a pod has of an account that may do so much with leases. */
  function accountWith(name: string, verbs: readonly string[]): string {
    inNamespace('create', 'serviceaccount', name);
    if (verbs.length > 0) {
      const rule = ['--verb', verbs.join(','), '--resource', 'leases.coordination.k8s.io'];
      inNamespace('create', 'role', name, ...rule);
      inNamespace('create', 'rolebinding', name, '--role', name, '--serviceaccount', `${namespace}:${name}`);
    }
    return writeAccount(name, { token: inNamespace('create', 'token', name), 'ca.crt': ca, namespace });
  }

  function writeAccount(name: string, files: Readonly<Record<string, string>>): string {
    const account = join(folder.path, name);
    mkdirSync(account, { recursive: true });
    for (const [file, content] of Object.entries(files)) writeFileSync(join(account, file), content);
    return account;
  }

  let account: string;
  beforeAll(() => {
    account = accountWith('orchestration', ['get', 'create', 'update']);
  });
  const open = () => openKubernetesLeases(account, env);

  describeServerLeases(open, 40);

  it('leases are held by a holder whose object somebody has deleted, and by no other one meanwhile', async () => {
    const both = [await open(), await open()];
    await loseHeldLease(both, () => {
      inNamespace('delete', 'lease', 'sipf-run-lost-lease');
      return Promise.resolve();
    });
    for (const leases of both) await leases.close();
  });

  it('shows who holds a lease, as kubectl lists it', async () => {
    const server = await open();
    const [place] = placesOf([server], 'shown');
    const show = () =>
      inNamespace('get', 'lease', 'sipf-run-shown-lease', '--output=jsonpath={.spec.holderIdentity}');
    const lease = await acquireAt(place);
    expect(show()).toMatch(new RegExp(`^process ${process.pid} on `));
    await lease.release();
    expect(show()).toBe('');
    await server.close();
  });

  it('reads a token that was replaced, and says what a lease waits for until then', async () => {
    const server = await open();
    const [place] = placesOf([server], 'renewed');
    const lease = await acquireAt(place, { times: { beatMs: 20, silentMs: 60_000 } });
    writeAccount('orchestration', { token: 'expired' });
    await expect.poll(() => lease.trouble).toMatch(/refuses the leases of runs: Unauthorized; .*token/);
    await expect(server.of('renewed').read()).rejects.toMatchObject({
      ...{ kind: 'unauthenticated', reason: 'LEASES_UNAVAILABLE' },
    });
    writeAccount('orchestration', { token: inNamespace('create', 'token', 'orchestration') });
    await expect.poll(() => lease.trouble).toBeUndefined();
    await lease.check();
    await lease.release();
    await server.close();
  });

  it('names the verbs that an account lacks, before a run begins', async () => {
    const none = accountWith('without', []);
    await expect(openKubernetesLeases(none, env)).rejects.toMatchObject({
      kind: 'permission-denied',
      reason: 'LEASES_UNAVAILABLE',
      message: expect.stringContaining(
        `a Role with the verbs get, create, update on leases of coordination.k8s.io in namespace ${namespace}`,
      ) as string,
    });
    const reader = accountWith('reader', ['get', 'create']);
    await expect(openKubernetesLeases(reader, env)).rejects.toMatchObject({
      message: expect.stringMatching(
        /cannot update resource "leases".*Role with the verb update on/,
      ) as string,
    });
  });

  it('names a namespace that is not there, an address where nobody answers, and an authority that is another one’s', async () => {
    const token = kubectl(['create', 'token', 'orchestration', '--namespace', namespace]);
    inNamespace(
      'create',
      'clusterrolebinding',
      namespace,
      '--clusterrole=admin',
      '--serviceaccount',
      `${namespace}:orchestration`,
    );
    const elsewhere = writeAccount('elsewhere', { token, 'ca.crt': ca, namespace: 'sipf-nowhere' });
    await expect(openKubernetesLeases(elsewhere, env)).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining(
        'namespaces "sipf-nowhere" not found; make namespace sipf-nowhere',
      ) as string,
    });
    kubectl(['delete', 'clusterrolebinding', namespace]);
    await expect(
      openKubernetesLeases(account, { ...env, KUBERNETES_SERVICE_PORT: '1' }),
    ).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(
        /https:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED.*network policies/,
      ) as string,
    });
    const stranger = writeAccount('stranger', { token, 'ca.crt': '', namespace });
    await expect(openKubernetesLeases(stranger, env)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('its certificate must be of ca.crt') as string,
    });
  });
});
