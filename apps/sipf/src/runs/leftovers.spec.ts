import { identityOf, isAlive, placeHere, writeRunProcesses } from '@sipf/runs';
import { temporaryFolder } from '@sipf/runs/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { clearLeftovers } from './leftovers.ts';
import { markServices } from './marked-processes.ts';

const DEAD = { pid: 2 ** 22 + 1, startTicks: '1' };
const quiet = { waitMs: 200, signal: new AbortController().signal, note: () => undefined };

/** A process that ends when its standard input does, or never. */
function startSleeper(program: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ['-e', program], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, ...env },
  });
}

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

it('ends what services had started that are killed already, and nothing of another host', async () => {
  using folder = temporaryFolder();
  const file = `${folder.path}/processes.json`;
  const { mark, env } = markServices();
  const child = startSleeper('setInterval(() => {}, 1e6)', env);
  const ended = once(child, 'exit');
  const dead = { supervisor: DEAD, children: [{ name: 'nats', ...DEAD }], mark };
  await writeRunProcesses(file, { ...dead, place: 'elsewhere' });
  await clearLeftovers(file, quiet);
  expect(isAlive(identityOf(child.pid ?? 0))).toBe(true);
  await writeRunProcesses(file, { ...dead, place: placeHere() });
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
