import { layoutIn } from '@sipf/runs';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { programMain } from '../support/program-main.ts';

/** A line of a run's log. */
export interface LogLine {
  /** ISO 8601. */
  readonly at: string;
  readonly kind: string;
  readonly stage?: string;
  readonly result?: {
    readonly outputs: Readonly<Record<string, string>>;
    readonly counts: Readonly<Record<string, number>>;
    readonly figures: Readonly<Record<string, number>>;
  };
}

/** How the command line ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Starts `sipf` as a user would; its output is kept for failures. */
export function startSipf(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
} {
  const child = spawn(process.execPath, [programMain('sipf'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => chunks.push(data.toString()));
  const ended = once(child, 'close').then(([code]): Ended => ({
    code: code as number | null,
    output: chunks.join(''),
  }));
  return { child, ended };
}

/** The log as it is on disk; a torn last line is left out. */
export function readLog(runFolder: string): LogLine[] {
  const path = join(runFolder, 'log.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LogLine);
}

/** What every stage left, by stage. */
export function outputsOf(runFolder: string): Record<string, Readonly<Record<string, string>>> {
  const completed = readLog(runFolder).filter(({ kind }) => kind === 'stage-completed');
  return Object.fromEntries(completed.map(({ stage = '', result }) => [stage, result?.outputs ?? {}]));
}

/** What every stage counted, by stage. */
export function countsOf(runFolder: string): Record<string, Readonly<Record<string, number>>> {
  const completed = readLog(runFolder).filter(({ kind }) => kind === 'stage-completed');
  return Object.fromEntries(completed.map(({ stage = '', result }) => [stage, result?.counts ?? {}]));
}

/** Waits until something holds. @throws Error when it does not within the time */
export async function until(
  holds: () => boolean,
  { timeoutMs, what }: { timeoutMs: number; what: string },
): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > giveUpAt) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface ClaimFile {
  readonly holder: { readonly pid: number };
}

/** Kills the process that drives a run, with no chance to tidy up. */
export function killOrchestrator(runFolder: string): void {
  const { lease } = layoutIn(runFolder);
  const claims = readdirSync(lease).filter((name) => /^claim-\d+$/.test(name));
  const newest = Math.max(...claims.map((name) => Number(name.split('-')[1])));
  const claim = JSON.parse(readFileSync(join(lease, `claim-${newest}`), 'utf8')) as ClaimFile;
  process.kill(claim.holder.pid, 'SIGKILL');
}
