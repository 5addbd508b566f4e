import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { acquireLock, isLocked } from './lock.ts';
import { identityOf } from './process-identity.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipf-lock-'));
  path = join(folder, 'lock');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('lets one writer in at a time', async () => {
  const release = await acquireLock(path);
  await expect(acquireLock(path)).rejects.toMatchObject({
    kind: 'failed-precondition',
    message: `process ${process.pid} is driving this run`,
    reason: 'RUN_IN_USE',
  });
  expect(await isLocked(path)).toBe(true);
  await release();
  expect(await isLocked(path)).toBe(false);
  expect(existsSync(path)).toBe(false);
  await (
    await acquireLock(path)
  )();
});

it('takes over the lock of a process that was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  writeFileSync(path, JSON.stringify({ pid: child.pid, startTicks: '0' }));
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (
    await acquireLock(path)
  )();
});

it('takes over a lock whose process id now belongs to somebody else', async () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, startTicks: '1' }));
  await (
    await acquireLock(path)
  )();
});

it('takes over a torn lock', async () => {
  writeFileSync(path, '{"pi');
  await (
    await acquireLock(path)
  )();
});

it('takes over the lock of a process that has ended and whose parent has not noticed', async () => {
  // The sleep that replaces the shell never asks after the child of the shell.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const holder = identityOf(Number(line.toString()));
  writeFileSync(path, JSON.stringify(holder));
  await expect(acquireLock(path)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
  await vi.waitFor(() => {
    expect(readFileSync(`/proc/${holder.pid}/stat`, 'utf8')).toContain(') Z ');
  }, 5000);
  const release = await acquireLock(path);
  await release();
  parent.kill('SIGKILL');
});
