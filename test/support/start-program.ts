import { plainEnvironment } from '@sipf/service/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { programMain, type ProgramName } from './program-main.ts';

/** An ended program. */
export interface EndedProgram {
  readonly status: number | null;
  /** Its whole log. */
  readonly log: string;
}

/** A service as a separate process; disposing stops it as its parent's end would. */
export interface RunningProgram extends AsyncDisposable {
  readonly child: ChildProcess;
  /** `host:port` of the gRPC server. */
  readonly address: string;
  /** `http://host:port` of metrics and health. */
  readonly metricsUrl: string;
  /** Its log so far. */
  log(): string;
  readonly ended: Promise<EndedProgram>;
}

/** Ends a program that does not stop by itself, so that a failing test does not hang the suite. */
const STOP_MS = 20_000;

/**
 * Starts a program and waits for its `listening` line. @param starter a command that starts another, e.g. with fewer rights
 * @throws Error with its log when it ends before that
 */
export async function startProgram(
  name: ProgramName,
  flags: readonly string[] = [],
  starter: readonly string[] = [],
): Promise<RunningProgram> {
  const { child, log, ended } = spawnProgram(name, flags, starter);
  const listening = await Promise.race([listeningLine(child), ended]);
  if ('status' in listening)
    throw new Error(`${name} ended with ${String(listening.status)}: ${listening.log}`);
  return {
    child,
    address: listening.address,
    metricsUrl: `http://${listening.metrics}`,
    log,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await endsWithin(STOP_MS, child, ended);
    },
  };
}

/** Runs a program that should end by itself, and kills it otherwise. */
export async function runProgram(
  name: ProgramName,
  flags: readonly string[],
  starter: readonly string[] = [],
): Promise<EndedProgram> {
  const { child, ended } = spawnProgram(name, flags, starter);
  return endsWithin(STOP_MS, child, ended);
}

async function endsWithin(
  milliseconds: number,
  child: ChildProcess,
  ended: Promise<EndedProgram>,
): Promise<EndedProgram> {
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}

function spawnProgram(name: ProgramName, flags: readonly string[], starter: readonly string[]) {
  const [command, ...rest] = [
    ...starter,
    process.execPath,
    programMain(name),
    ...flags,
    '--exit-with-parent',
  ];
  const child = spawn(command, rest, {
    // Keep the shell's settings from the program.
    env: plainEnvironment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const log = (): string => lines.join('');
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, log: log() }));
  return { child, log, ended };
}

interface Listening {
  readonly address: string;
  readonly metrics: string;
}

function listeningLine(child: ChildProcess): Promise<Listening> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface(child.stdout).once('line', (line) => {
      resolve(JSON.parse(line) as Listening);
    });
  });
}
