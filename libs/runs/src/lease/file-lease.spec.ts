import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { identityOf, type ProcessIdentity } from '../folder/process-identity.ts';
import { openAppendOnlyFile } from '../log/append-only-file.ts';
import { temporaryFolder, type TemporaryFolder } from '../testing/temporary-folder.ts';
import { acquireLease, holderOf } from './file-lease.ts';
import { Heartbeats } from './heartbeats.ts';
import { thisHolder } from './holder.ts';

const QUICK = { times: { beatMs: 20, silentMs: 200 } };
let temporary: TemporaryFolder;
let folder: string;

beforeEach(() => {
  temporary = temporaryFolder();
  folder = join(temporary.path, 'x', 'lease');
});

afterEach(() => {
  temporary[Symbol.dispose]();
});

/** What a holder left that wrote nothing since. */
function claim(holder: ProcessIdentity & { readonly place?: string }): void {
  mkdirSync(folder, { recursive: true });
  const content = { holder: { ...thisHolder(0), ...holder }, epoch: 7, isContested: false };
  writeFileSync(join(folder, 'claim-1'), JSON.stringify(content));
}

it('lets one writer in at a time, and says to others who that is', async () => {
  const lease = await acquireLease(folder);
  await expect(acquireLease(folder)).rejects.toMatchObject({
    kind: 'failed-precondition',
    message: expect.stringMatching(
      new RegExp(`^run x is held by process ${process.pid} on ${hostname()}, since 20\\d\\d-`),
    ) as string,
    reason: 'RUN_IN_USE',
  });
  expect(await holderOf(folder)).toMatchObject({ pid: process.pid });
  await lease.release();
  expect(await holderOf(folder)).toBeUndefined();
  const next = await acquireLease(folder);
  expect(next.epoch).toBeGreaterThan(lease.epoch);
  expect([lease.isContested, next.isContested]).toEqual([false, false]);
  await expect(lease.check()).rejects.toMatchObject({ reason: 'LEASE_LOST' });
  await next.check();
});

it('has a higher epoch than what was written under the lease before, whatever became of its folder', async () => {
  const above = Math.floor(Date.now() / 1000) + 1_000_000;
  expect((await acquireLease(folder, { above })).epoch).toBe(above + 1);
});

it('follows a holder at once that was killed, whose number is another one’s, or whose claim gave it up', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  claim(identityOf(child.pid ?? 0));
  await expect(acquireLease(folder)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lease = await acquireLease(folder);
  expect(lease).toMatchObject({ isContested: false });
  await lease.release();
  claim({ pid: process.pid, startTicks: '1' });
  await (await acquireLease(folder)).release();
});

it('follows a process that has ended and whose parent has not noticed', async () => {
  // The sleep that replaces the shell never asks after the child of the shell.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const holder = identityOf(Number(line.toString()));
  claim(holder);
  await vi.waitFor(() => {
    expect(readFileSync(`/proc/${holder.pid}/stat`, 'utf8')).toContain(') Z ');
  }, 5000);
  await (await acquireLease(folder)).release();
  parent.kill('SIGKILL');
});

it('hears a holder elsewhere, and follows it when it was silent for long, by the observer’s clock alone', async () => {
  const theirs = { pid: 1, place: 'another host' };
  claim(theirs);
  const beat = setInterval(() => {
    writeFileSync(join(folder, 'claim-1.beat'), `${performance.now()}\n`);
  }, 20);
  await expect(acquireLease(folder, QUICK)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
  clearInterval(beat);
  const heartbeats = new Heartbeats();
  await expect(acquireLease(folder, { ...QUICK, heartbeats })).rejects.toMatchObject({
    reason: 'RUN_IN_USE',
  });
  await sleep(QUICK.times.silentMs + 50);
  const lease = await acquireLease(folder, { ...QUICK, heartbeats });
  expect(lease).toMatchObject({ isContested: true });
  await lease.release();
  // Whoever was silent may still wake: those who come later know that, too.
  expect(await acquireLease(folder)).toMatchObject({ isContested: true });
});

it('takes a claim that is half there for that of somebody unknown', async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'claim-1'), '{"ho');
  expect(await acquireLease(folder, QUICK)).toMatchObject({ isContested: true });
});

const CONTENDER = fileURLToPath(new URL('./testing/contender.ts', import.meta.url));
const canUnshare = ((): boolean => {
  try {
    execFileSync('unshare', ['--pid', '--fork', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!canUnshare)(
  'is held across namespaces of processes, where numbers mean other processes',
  async () => {
    const args = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, CONTENDER];
    const other = spawn('unshare', args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(other, 'message');
    other.send({ folder, at: 0, silentMs: QUICK.times.silentMs });
    expect((await once(other, 'message'))[0]).toMatchObject({ epoch: expect.any(Number) as number });
    await expect(acquireLease(folder, QUICK)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (await acquireLease(folder, QUICK)).release();
  },
);

it('keeps every byte of a holder that was stopped and wakes out of a file that was taken over', async () => {
  const path = join(temporary.path, 'log.jsonl');
  const rules = { remedy: '', read: (value: unknown) => ({ value }) };
  const first = await acquireLease(folder, { times: { beatMs: 60_000, silentMs: 200 } });
  const sleeper = await openAppendOnlyFile(path, rules, first);
  await sleeper.append({ from: 'sleeper' });
  const second = await acquireLease(folder, { ...QUICK, heartbeats: await silentFor(first) });
  const file = await openAppendOnlyFile(path, rules, second);
  await file.append({ from: 'heir' });
  await expect(sleeper.append({ from: 'sleeper' })).rejects.toMatchObject({ reason: 'LEASE_LOST' });
  expect(() => {
    first.checkNow();
  }).toThrow('run x was taken over by another process');
  expect(first.lost.aborted).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('{"from":"sleeper"}\n{"from":"heir"}\n');
  await Promise.all([sleeper.close(), file.close(), first.release()]);
  await second.check();
});

/** An observer that has heard nothing for as long as a takeover needs. */
async function silentFor({ epoch }: { readonly epoch: number }): Promise<Heartbeats> {
  expect(epoch).toBeGreaterThan(0);
  const heartbeats = new Heartbeats();
  await holderOf(folder, { ...QUICK, heartbeats });
  await sleep(QUICK.times.silentMs + 50);
  return heartbeats;
}
