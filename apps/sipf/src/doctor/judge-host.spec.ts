import { temporaryFolder } from '@sipf/runs/testing';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { Finding } from './finding.ts';
import * as judge from './judge-host.ts';
import { cpuQuota, glibcVersion, natsGreeting, openFilesLimit } from './look-at-host.ts';

const working = { cpu: 'computes', cuda: 'Failed to load shared library' };
const proxy = { http_proxy: 'http://proxy:3128' };

it.each<[Finding['status'], Finding]>([
  ['ok', judge.judgeLibc('2.36')],
  ['fail', judge.judgeLibc('2.17')],
  ['fail', judge.judgeLibc(undefined)],
  ['ok', judge.judgeInstallation('a', 'a')],
  ['ok', judge.judgeInstallation(undefined, 'a')],
  ['warn', judge.judgeInstallation('a', 'b')],
  ['ok', judge.judgeProcessors(8, undefined)],
  ['ok', judge.judgeProcessors(8, 8)],
  ['warn', judge.judgeProcessors(64, 2.5)],
  ['ok', judge.judgeOpenFiles(1024)],
  ['ok', judge.judgeOpenFiles(undefined)],
  ['warn', judge.judgeOpenFiles(256)],
  ['ok', judge.judgeProxy({})],
  ['ok', judge.judgeProxy({ ...proxy, no_proxy: 'localhost, 127.0.0.1' })],
  ['fail', judge.judgeProxy(proxy)],
  ['fail', judge.judgeProxy({ ...proxy, no_proxy: 'example.org' })],
  ['ok', judge.judgeStraySettings({ PATH: '/bin' })],
  ['warn', judge.judgeStraySettings({ SIPF_THREADS: '4' })],
  ['ok', judge.judgeConfinement({ layers: ['namespaces'], missing: [], why: undefined })],
  ['warn', judge.judgeConfinement({ layers: ['user'], missing: ['namespaces'], why: 'not permitted' })],
  ['ok', judge.judgeProviders(working, undefined)],
  ['ok', judge.judgeProviders(working, 'cpu')],
  ['fail', judge.judgeProviders(working, 'cuda')],
  ['fail', judge.judgeProviders({ cpu: 'broken' }, undefined)],
  ['ok', judge.judgeNatsServer('nats://a', { version: '2.10.1', jetstream: true })],
  ['fail', judge.judgeNatsServer('nats://a', { version: '2.10.1', jetstream: false })],
  ['fail', judge.judgeNatsServer('nats://a', { version: '2.8.4', jetstream: true })],
  ['fail', judge.judgeNatsServer('nats://a', { unreachable: 'ECONNREFUSED' })],
])('judges %s, and says how to mend what is not', (status, finding) => {
  expect(finding.status).toBe(status);
  expect(finding.fix === undefined).toBe(status === 'ok');
});

it('says why the provider that was asked for does not compute', () => {
  const { detail, fix } = judge.judgeProviders(working, 'cuda');
  expect(detail).toBe('cpu; not cuda: Failed to load shared library');
  expect(fix).toContain('nvidia.com/gpu');
});

it('looks at the host that it is on', async () => {
  expect(glibcVersion()).toMatch(/^2\.\d+/);
  expect(await openFilesLimit()).toBeGreaterThan(0);
  using folder = temporaryFolder();
  folder.write('limited', '250000 100000\n');
  folder.write('unlimited', 'max 100000\n');
  expect(await cpuQuota(`${folder.path}/limited`)).toBe(2.5);
  expect(await cpuQuota(`${folder.path}/unlimited`)).toBeUndefined();
  expect(await cpuQuota(`${folder.path}/none`)).toBeUndefined();
});

it('hears from a NATS address what is there', async () => {
  const greeting = 'INFO {"version":"2.10.1","jetstream":true}\r\n';
  for (const [text, expected] of [
    [greeting, { version: '2.10.1', jetstream: true }],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', { unreachable: 'what answers is not a NATS server' }],
  ] as const) {
    const server = createServer((socket) => socket.end(text));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await natsGreeting(`127.0.0.1:${port}`, new AbortController().signal)).toEqual(expected);
    server.close();
  }
  const nobody = await natsGreeting('nats://127.0.0.1:1', new AbortController().signal);
  expect(nobody).toEqual({ unreachable: 'ECONNREFUSED' });
});
