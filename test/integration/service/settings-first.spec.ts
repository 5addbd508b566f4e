import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildPage } from '../../support/built-page.ts';
import { temporaryFolder } from '../../support/models.ts';
import type { ProgramName } from '../../support/program-main.ts';
import { runProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const under = (name: string) => join(folder.path, 'work', name);
/** Stands for NATS, and for stores and services: nobody may call it. */
const others = createServer((socket) => {
  calls += 1;
  socket.destroy();
});
let calls = 0;
let other: string;

beforeAll(async () => {
  buildPage();
  mkdirSync(join(folder.path, 'work'));
  await once(others.listen(0, '127.0.0.1'), 'listening');
  other = `127.0.0.1:${(others.address() as AddressInfo).port}`;
});
afterEach(() => {
  expect(calls, 'calls of others').toBe(0);
  expect(readdirSync(join(folder.path, 'work')), 'what was made').toEqual([]);
});
afterAll(() => {
  others.close();
  folder.remove();
});

/**
 * Flags with which each service would do all that it does before it listens. What lies behind them is missing, so that a service
 * that goes on is heard to look for it.
 */
function flagsOf(name: ProgramName): readonly string[] {
  const store = ['--artifacts', `nats://${other}/bucket`, '--nats-url', `nats://${other}`];
  const serving = [...store, '--model', under('model')];
  const peers = ['generation', 'simulation', 'verification', 'training', 'execution'];
  const flags: Readonly<Record<ProgramName, readonly string[]>> = {
    generation: serving,
    simulation: [...serving, '--execution', other],
    verification: [...serving, '--outcome-model', under('outcome')],
    execution: ['--processes', '1'],
    training: ['--artifacts', under('store'), '--state', under('state')],
    orchestration: [...store, '--runs', under('runs'), ...peers.flatMap((peer) => [`--${peer}`, other])],
    gateway: ['--generation', other],
    dashboard: ['--orchestration', other],
  };
  return flags[name];
}

const trl = ['--trainer', 'trl', '--trainer-python'];
const services: readonly ProgramName[] = [
  ...(['generation', 'simulation', 'verification', 'execution'] as const),
  ...(['training', 'orchestration', 'gateway', 'dashboard'] as const),
];

describe('a service finds what is wrong with its settings before it opens, makes or calls anything', () => {
  it.each(services)('%s: an address beyond this machine without TLS', async (name) => {
    const { status, log } = await runProgram(name, [...flagsOf(name), '--address', '0.0.0.0:0']);
    expect([status, lastOf(log)], log).toEqual([69, 'INSECURE_ADDRESS']);
    expect(log.trim().split('\n'), 'the error alone').toHaveLength(1);
  });

  it.each([
    ['generation', ['--nats-url', 'http://127.0.0.1:1'], /begins with none of nats:\/\/ and tls:\/\//],
    [
      'verification',
      ['--nats-url', 'nats://a:b@one,nats://two'],
      /servers with different credentials|its servers/,
    ],
    ['verification', ['--backend', 'pooling'], /--backend-url: is required by --backend pooling/],
    ['simulation', ['--execution', 'nowhere'], /--execution \(SIPF_EXECUTION\): must be host:port/],
    ['simulation', ['--execution-tls', '--execution-ca-file', '/none'], /\/none/],
    ['training', [...trl, '/none/python'], /\/none\/python does not say which packages it has/],
    ['orchestration', ['--generation', 'host:0'], /--generation \(SIPF_GENERATION\): must be host:port/],
    ['orchestration', ['--services-token-file', '/none'], /\/none/],
    ['orchestration', ['--nats-url', 'nats://'], /the address of NATS/],
    ['gateway', ['--generation-tls', '--generation-ca-file', '/none'], /\/none/],
    [
      'dashboard',
      ['--orchestration', 'dns:///orchestration'],
      /--orchestration .*: must be host:port, or dns/,
    ],
  ] as const)('%s: %j', async (name, wrong, words) => {
    const { status, log } = await runProgram(name, [...flagsOf(name), ...wrong]);
    expect([64, 69], log).toContain(status);
    expect(log).toMatch(words);
  });
});

/** The reason in the last line of a log. */
function lastOf(log: string): unknown {
  return (JSON.parse(log.trim().split('\n').at(-1) ?? '{}') as { reason?: string }).reason;
}
