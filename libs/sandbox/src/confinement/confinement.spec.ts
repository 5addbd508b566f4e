import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Targets, Trespasses } from '../testing/trespass.ts';
import { findConfinement, isSuperuser } from './find-confinement.ts';
import { launchScript } from './launch-script.ts';
import { confinementLayers, layersOf, openPlan, plans, type Plan } from './plan.ts';

const best = await findConfinement('best');
const launch = {
  entry: new URL('../testing/trespass.ts', import.meta.url),
  nodeArguments: ['--no-warnings'],
};
const folder = mkdtempSync(path.join(tmpdir(), 'sipf-confinement-'));
const listener = createServer((socket) => socket.destroy());
const stranger = 23_456;
/** Where only a child that is not confined may leave something. */
const outside = ['/sipf-trespass', path.join(import.meta.dirname, 'left.txt')];

const targets = (): Targets => ({
  port: (listener.address() as AddressInfo).port,
  secret: path.join(folder, 'secret'),
  writable: [path.join(folder, 'left'), ...outside],
  pid: process.pid,
});

beforeAll(async () => {
  writeFileSync(path.join(folder, 'secret'), 'of the service');
  chmodSync(folder, 0o777);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
});

afterAll(() => {
  listener.close();
  rmSync(folder, { recursive: true });
  for (const file of outside) rmSync(file, { force: true });
});

/** Starts the trespasser as the launcher starts a child. @param wrapper a program that starts the shell as another user */
async function trespassUnder(plan: Plan, isRoot = isSuperuser(), wrapper: readonly string[] = []) {
  const [command, ...rest] = [...wrapper, '/bin/sh', '-c', launchScript(plan, launch, isRoot)];
  const child = spawn(command, rest, { env: { PATH: process.env['PATH'] }, cwd: '/', stdio: 'pipe' });
  child.stdin.end(JSON.stringify(targets()));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === '') throw new Error(`the trespasser did not start: ${err}`);
  return JSON.parse(out) as Trespasses;
}

const refusedBy = (trespasses: Trespasses) =>
  Object.keys(trespasses).filter((name) => trespasses[name] !== 'done');

/** The kernel's part alone, so that what is refused is not refused by Node. */
const kernelPlan = { ...(plans[0] ?? openPlan), permissions: false };
const hasAll = best.missing.length === 0;

describe('a child', () => {
  it('that is not confined reaches what the service reaches', async () => {
    const trespasses = await trespassUnder(openPlan);
    expect(trespasses).toMatchObject({ connect: 'done', read: 'done', environment: 'done', signal: 'done' });
    expect(trespasses).toMatchObject({ spawn: 'done', [`write ${folder}/left`]: 'done' });
  });

  it.runIf(hasAll)('reaches no network, file, process or user, by the kernel alone', async () => {
    const trespasses = await trespassUnder(kernelPlan);
    const mayBecomeItself = isSuperuser() ? [] : ['superuser'];
    expect([...refusedBy(trespasses), ...mayBecomeItself].sort()).toEqual(
      expect.arrayContaining(Object.keys(trespasses).sort()),
    );
    expect(trespasses).toMatchObject({ connect: 'ENETUNREACH', read: 'ENOENT', shadow: 'ENOENT' });
    expect(trespasses).toMatchObject({ environment: 'ENOENT', signal: 'ESRCH', spawn: 'ENOENT' });
    expect(trespasses).toMatchObject({ 'write /sipf-trespass': 'EROFS' });
  });

  const asStranger = ['setpriv', '--reuid', `${stranger}`, '--regid', `${stranger}`, '--clear-groups'];
  it.runIf(hasAll && isSuperuser())('is as confined where the service has no rights itself', async () => {
    const trespasses = await trespassUnder(kernelPlan, false, asStranger);
    // It is the superuser of its own user namespace, which is that stranger outside.
    expect(Object.keys(trespasses).filter((name) => trespasses[name] === 'done')).toEqual(['superuser']);
  });

  it('reads, writes and starts nothing by Node alone', async () => {
    const trespasses = await trespassUnder({ ...openPlan, permissions: true });
    const denied = [
      'read',
      'shadow',
      'environment',
      'spawn',
      ...targets().writable.map((file) => `write ${file}`),
    ];
    expect(refusedBy(trespasses)).toEqual(expect.arrayContaining(denied));
    for (const name of denied) expect(trespasses[name]).toBe('ERR_ACCESS_DENIED');
  });
});

describe('findConfinement', () => {
  it('says what the host offers and what it does not', () => {
    expect([...best.layers, ...best.missing].sort()).toEqual([...confinementLayers].sort());
    expect(best.why === undefined).toBe(hasAll);
    expect(best.layers).toContain('permissions');
  });

  it('refuses what is required and not there', async () => {
    const asked = findConfinement('required');
    if (hasAll) expect(await asked).toEqual(best);
    else await expect(asked).rejects.toMatchObject({ reason: 'SANDBOX_CONFINEMENT_MISSING' });
  });

  it('tries nothing when switched off', async () => {
    const { plan, why } = await findConfinement('off');
    expect([plan, why]).toEqual([openPlan, undefined]);
    expect(layersOf(openPlan, true)).toEqual([]);
  });
});
