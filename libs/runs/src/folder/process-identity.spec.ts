import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { identityOf, isAlive, processIdentity } from './process-identity.ts';

const hasProc = existsSync('/proc/self/stat');

it('knows a living process from one that has ended, or that took its number later', async () => {
  expect(isAlive(identityOf(process.pid))).toBe(true);
  if (hasProc) expect(isAlive({ pid: process.pid, startTicks: '1' })).toBe(false);
  const child = spawn(process.execPath, ['-e', '']);
  const identity = identityOf(child.pid ?? 0);
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
});

it('takes a process of another user for alive', () => {
  expect(isAlive(identityOf(1))).toBe(true);
});

it.skipIf(!hasProc)('finds the start behind a name with spaces and parentheses', async () => {
  const child = spawn('sh', ['-c', 'exec -a "a) 1 (b" sleep 60'], { stdio: 'ignore' });
  try {
    const stat = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8');
    expect(identityOf(child.pid ?? 0).startTicks).toBe(stat.split(') ').at(-1)?.split(' ')[19]);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

it('is a process number, and perhaps a start', () => {
  expect(processIdentity.safeParse({ pid: 1 }).success).toBe(true);
  for (const wrong of [{ pid: 0 }, { pid: 1.5 }, {}, { pid: 2, startTicks: 3 }])
    expect(processIdentity.safeParse(wrong).success).toBe(false);
});
