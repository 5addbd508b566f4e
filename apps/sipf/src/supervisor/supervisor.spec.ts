import { identityOf, isAlive } from '@sipf/runs';
import { temporaryFolder, type TemporaryFolder } from '@sipf/runs/testing';
import { waitForReady } from '@sipf/service';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { SupervisedService } from './supervised-service.ts';
import { Supervisor, type SupervisedPid, type SupervisorOptions } from './supervisor.ts';

const MAIN = fileURLToPath(new URL('../testing/fixture-main.ts', import.meta.url));
const { signal } = new AbortController();

const spec = (folder: TemporaryFolder, ...flags: string[]) => ({
  name: 'fixture',
  main: MAIN,
  flags,
  logFile: join(folder.path, 'logs', 'fixture.log'),
});

function supervise(options: Partial<SupervisorOptions> = {}): { supervisor: Supervisor; notes: string[] } {
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  const quick = { startMs: 30_000, stopMs: 5000, restartDelayMs: 10 };
  const supervisor = new Supervisor({ env: process.env, note, ...quick, ...options });
  onTestFinished(() => supervisor.stop());
  return { supervisor, notes };
}

/** Kills the service and waits until its replacement is ready. */
async function killOnce(service: SupervisedService): Promise<void> {
  const { pid } = service;
  process.kill(pid, 'SIGKILL');
  while (service.pid === pid) await sleep(10);
  await waitForReady(service.address);
}

it('starts a service that can be called at once, and stops it', async () => {
  using folder = temporaryFolder();
  const { supervisor } = supervise();
  const service = await supervisor.start(spec(folder), { signal });
  await waitForReady(service.address, { deadlineMs: 2000 });
  const identity = identityOf(service.pid);
  await supervisor.stop();
  expect(isAlive(identity)).toBe(false);
  expect(readFileSync(join(folder.path, 'logs', 'fixture.log'), 'utf8')).toContain('"stopped"');
});

it('starts a service that died again, on its port, and says so', async () => {
  using folder = temporaryFolder();
  const seen: SupervisedPid[] = [];
  const { supervisor, notes } = supervise({ onProcesses: (all) => void seen.push(...all) });
  const service = await supervisor.start(spec(folder), { signal });
  const { address, pid } = service;
  await killOnce(service);
  expect(service.address).toBe(address);
  expect(notes[0]).toMatch(/^fixture was ended by SIGKILL \(.*\); restart 1 of at most 5$/);
  expect(seen.map((process) => process.pid)).toEqual([pid, service.pid]);
});

it('gives up on a service that dies too often, with its last words', async () => {
  using folder = temporaryFolder();
  const { supervisor } = supervise({ maxRestarts: 2 });
  const flags = ['--starts', join(folder.path, 'starts'), '--fail-from', '2'];
  const service = await supervisor.start(spec(folder, ...flags), { signal });
  process.kill(service.pid, 'SIGKILL');
  await expect(supervisor.failed).rejects.toMatchObject({
    kind: 'unavailable',
    reason: 'SERVICE_DIED',
    message: expect.stringMatching(
      /not again.*it was restarted 2 times\. Its log: .*fixture\.log$/,
    ) as string,
  });
  expect(readFileSync(join(folder.path, 'starts'), 'utf8')).toHaveLength(3);
});

it('names no log that goes with the service', async () => {
  using folder = temporaryFolder();
  const { supervisor } = supervise();
  const starts = join(folder.path, 'starts');
  const short = { ...spec(folder, '--starts', starts, '--fail-from', '1'), isLogKept: false };
  const error = await supervisor.start(short, { signal }).catch((thrown: unknown) => String(thrown));
  expect(error).toMatch(/fixture did not start: it .*not again/);
  expect(error).not.toContain('fixture.log');
});

it('forgets deaths that are long past', async () => {
  using folder = temporaryFolder();
  let clock = 0;
  const { supervisor, notes } = supervise({ maxRestarts: 1, windowMs: 1000, now: () => clock });
  const service = await supervisor.start(spec(folder), { signal });
  await killOnce(service);
  clock = 5000;
  await killOnce(service);
  expect(notes.filter((note) => note.includes('restart 1 of at most 1'))).toHaveLength(2);
});

it('says why a service does not start', async () => {
  using folder = temporaryFolder();
  const { supervisor } = supervise();
  await expect(supervisor.start(spec(folder, '--behaviour', 'refuse'), { signal })).rejects.toMatchObject({
    kind: 'unavailable',
    reason: 'SERVICE_NOT_STARTED',
    message: expect.stringMatching(
      /^fixture did not start: it ended with exit status 70 \(.*the model is not here\)/,
    ) as string,
  });
  await expect(supervisor.start(spec(folder, '--wrong', '1'), { signal })).rejects.toThrow(
    /exit status 64 \(wrong settings: --wrong: is unknown/,
  );
});

it('waits for a start no longer than it may, and not at all once cancelled', async () => {
  using folder = temporaryFolder();
  const pids: number[] = [];
  const onProcesses = (all: readonly SupervisedPid[]): void => void pids.push(...all.map(({ pid }) => pid));
  const { supervisor } = supervise({ startMs: 300, onProcesses });
  const hanging = spec(folder, '--behaviour', 'hang');
  await expect(supervisor.start(hanging, { signal })).rejects.toThrow('fixture was not ready within 0.3 s');
  const cancelled = AbortSignal.abort();
  await expect(supervisor.start(hanging, { signal: cancelled })).rejects.toBe(cancelled.reason);
  await expect.poll(() => pids.map((pid) => isAlive(identityOf(pid)))).toEqual([false]);
});

it('ends a service that does not stop by itself', async () => {
  using folder = temporaryFolder();
  const { supervisor } = supervise({ stopMs: 200 });
  const service = await supervisor.start(spec(folder, '--behaviour', 'stubborn'), { signal });
  const identity = identityOf(service.pid);
  await supervisor.stop();
  expect(isAlive(identity)).toBe(false);
});

it('does not restart what it was asked to end', async () => {
  using folder = temporaryFolder();
  const { supervisor, notes } = supervise();
  const service = await supervisor.start(spec(folder), { signal });
  const identity = identityOf(service.pid);
  supervisor.kill();
  await expect.poll(() => isAlive(identity)).toBe(false);
  await sleep(50);
  expect(notes).toEqual([]);
});
