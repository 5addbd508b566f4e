import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

/** What became of a program in a process of its own. */
export type Ending = 'passed' | 'failed' | 'stopped';

/** How long a program may compute in `python3`, and how long it may take in all on a busy machine. */
export const cpuTimeMs = 10_000;
export const wallTimeMs = 60_000;
const memoryKiB = 1_000_000;

/** The system's own interpreter: what stands first on the path may be a script that looks for one. */
export const python3 = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** Runs a program in a fresh `python3`, without more ado; true when it ended well. */
export async function passesInPython3(source: string): Promise<boolean> {
  const child = spawn(python3, ['-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(source);
  const [status] = (await once(child, 'close')) as [number | null];
  return status === 0;
}

/** Runs a program in a fresh `python3`; `stopped` when it ran out of time or memory. */
export async function runPython3(source: string): Promise<Ending> {
  const child = spawn(
    '/bin/sh',
    ['-c', `ulimit -v ${memoryKiB}; ulimit -t ${cpuTimeMs / 1_000}; exec ${python3} -`],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: wallTimeMs,
      killSignal: 'SIGKILL',
    },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2_000);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(source);
  const [status] = (await once(child, 'close')) as [number | null];
  if (status === 0) return 'passed';
  return status === null || errors.includes('MemoryError') ? 'stopped' : 'failed';
}

/** Runs work on every item, `width` at a time, results in the items' order. */
export async function mapWide<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const lane = async () => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
