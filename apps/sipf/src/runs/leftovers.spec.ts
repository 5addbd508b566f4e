import { identityOf, isAlive, readRunProcesses, writeRunProcesses } from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { clearLeftovers } from './leftovers.ts';

const DEAD = { pid: 2 ** 22 + 1, startTicks: '1' };
const quiet = { waitMs: 200, signal: new AbortController().signal, note: () => undefined };

/** A process that ends when its standard input does, or never. */
function startSleeper(program: string): ChildProcess {
  return spawn(process.execPath, ['-e', program], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
}

it('refuses to work beside a command line that lives', async () => {
  using folder = temporaryFolder();
  const file = `${folder.path}/processes.json`;
  const other = startSleeper('setInterval(() => {}, 1e6)');
  await writeRunProcesses(file, { supervisor: identityOf(other.pid ?? 0), children: [] });
  await expect(clearLeftovers(file, quiet)).rejects.toMatchObject({ reason: 'RUN_IN_USE' });
  other.kill('SIGKILL');
  await once(other, 'exit');
  await clearLeftovers(file, quiet);
  expect(await readRunProcesses(file)).toBeUndefined();
});

it('waits for services of a dead command line that are ending', async () => {
  using folder = temporaryFolder();
  const file = `${folder.path}/processes.json`;
  const child = startSleeper('process.stdin.on("end", () => {}).resume()');
  const identity = identityOf(child.pid ?? 0);
  await writeRunProcesses(file, { supervisor: DEAD, children: [{ name: 'training', ...identity }] });
  const notes: string[] = [];
  // It ends when somebody waits for it.
  const note = (text: string): void => {
    notes.push(text);
    child.stdin?.end();
  };
  await clearLeftovers(file, { ...quiet, waitMs: 30_000, note });
  expect(notes).toEqual(['waiting for training of an earlier attempt']);
  expect(isAlive(identity)).toBe(false);
});

it('ends services of a dead command line that do not end', async () => {
  using folder = temporaryFolder();
  const file = `${folder.path}/processes.json`;
  const child = startSleeper('setInterval(() => {}, 1e6)');
  const ended = once(child, 'exit');
  const children = [{ name: 'training', ...identityOf(child.pid ?? 0) }];
  await writeRunProcesses(file, { supervisor: DEAD, children });
  await clearLeftovers(file, quiet);
  expect((await ended)[1]).toBe('SIGKILL');
});

it('never touches a process that only has the number of an earlier one', async () => {
  using folder = temporaryFolder();
  const file = `${folder.path}/processes.json`;
  const child = startSleeper('setInterval(() => {}, 1e6)');
  const pid = child.pid ?? 0;
  await writeRunProcesses(file, {
    supervisor: DEAD,
    children: [{ name: 'training', pid, startTicks: 'earlier' }],
  });
  await clearLeftovers(file, quiet);
  expect(isAlive(identityOf(pid))).toBe(true);
  child.kill('SIGKILL');
});

it('has nothing to do without a list, or with one that is torn', async () => {
  using folder = temporaryFolder();
  await clearLeftovers(`${folder.path}/none.json`, quiet);
  await clearLeftovers(folder.write('torn.json', '{"supervisor":'), quiet);
});
