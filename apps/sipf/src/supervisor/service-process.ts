import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { killGroup } from '../runs/leftovers.ts';
import { lastWords } from './last-words.ts';

/** A program that serves on an address which it says in one line of JSON on standard output. */
export interface ServiceSpec {
  readonly name: string;
  /** The program, for Node. */
  readonly main: string;
  /** Without `--address`. */
  readonly flags: readonly string[];
  /** Settings that flags would show to every user of the machine. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes the program's standard error; later starts are appended. */
  readonly logFile: string;
  /** Whether the log stays when the service has ended. @default true */
  readonly isLogKept?: boolean;
  /** Of loopback. @default a free one */
  readonly port?: number | undefined;
}

/** How a service's process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last thing that it logged. */
  readonly lastWords: string;
}

/** One process of a service. */
export interface ServiceProcess {
  readonly pid: number;
  /** `host:port`; undefined where it ended before it listened. */
  readonly listening: Promise<string | undefined>;
  readonly ended: Promise<Ending>;
  /** Asks it to end, and ends it after `stopMs`. */
  stop(stopMs: number): Promise<void>;
  kill(): void;
}

/**
 * Starts a service's program. It leads a process group of its own, so that a terminal's Ctrl-C reaches the command line
 * alone, and its standard input ends with this process, so that it never outlives it (`--exit-with-parent`).
 */
export function startProcess(
  { main, flags, env: own, logFile }: ServiceSpec,
  { address, env }: { readonly address: string; readonly env: Readonly<Record<string, string | undefined>> },
): ServiceProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [main, ...flags, '--address', address, '--exit-with-parent'], {
    detached: true,
    stdio: ['pipe', 'pipe', log],
    env: { ...env, ...own },
  });
  closeSync(log);
  const { pid = 0 } = child;
  child.stdin?.on('error', () => undefined);
  const ended = untilEnded(child, logFile);
  const kill = (): void => {
    // Once it has ended, its number may be another's.
    if (pid !== 0 && child.exitCode === null && child.signalCode === null) killGroup({ pid });
  };
  return {
    pid,
    listening: untilListening(child),
    ended,
    kill,
    stop: async (stopMs) => {
      // One request only: a second one would make the service stop without its manners.
      child.kill('SIGTERM');
      const timer = setTimeout(kill, stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function untilEnded(child: ChildProcess, logFile: string): Promise<Ending> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    // What a killed service had started itself would hold its port and its files.
    killRest(child.pid);
    return { code, signal, lastWords: await lastWords(logFile) };
  } catch (error) {
    return { code: null, signal: null, lastWords: error instanceof Error ? error.message : String(error) };
  }
}

function killRest(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It had started nothing that still runs.
  }
}

function untilListening(child: ChildProcess): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  if (child.stdout === null) return Promise.resolve(undefined);
  createInterface(child.stdout)
    .on('line', (line) => {
      const address = addressIn(line);
      if (address !== undefined) resolve(address);
    })
    .on('close', () => {
      resolve(undefined);
    });
  return promise;
}

function addressIn(line: string): string | undefined {
  try {
    const { event, address } = JSON.parse(line) as { event?: unknown; address?: unknown };
    return event === 'listening' && typeof address === 'string' ? address : undefined;
  } catch {
    return undefined;
  }
}
