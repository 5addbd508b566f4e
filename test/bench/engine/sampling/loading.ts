import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { interleave, median } from '../../support/interleave.ts';
import type { Result } from './result.ts';

const OURS = fileURLToPath(new URL('./first-token.ts', import.meta.url));
const PEER = fileURLToPath(new URL('./first_token.py', import.meta.url));

/** How loading is compared. */
export interface LoadingOptions {
  readonly python: string;
  readonly threads: number;
  readonly rounds: number;
}

/** Time from the start of a fresh process to its first token. */
export async function compareLoading(
  folder: string,
  { python, threads, rounds }: LoadingOptions,
): Promise<Result> {
  const sides = new Map([
    ['ours', () => firstToken(process.execPath, [OURS, folder, String(threads)])],
    ['peer', () => firstToken(python, [PEER, folder, String(threads)])],
  ]);
  const times = await interleave(sides, { rounds, warmUp: 1 });
  const [own, other] = [median(times.get('ours') ?? []), median(times.get('peer') ?? [])];
  return {
    name: 'loading, from a fresh process to the first token',
    threads,
    ours: `${(own / 1000).toFixed(2)} s`,
    peer: `${(other / 1000).toFixed(2)} s`,
    ratio: own / other,
    target: '<= 0.7',
  };
}

async function firstToken(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}
