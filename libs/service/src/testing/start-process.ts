import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from './plain-environment.ts';

const MAIN = fileURLToPath(new URL('./echo-main.ts', import.meta.url));

/** The echo service as a separate process. */
export interface EchoProcess {
  readonly child: ChildProcess;
  /** The line with its address; undefined when it exits first. */
  readonly listening: Promise<Record<string, unknown> | undefined>;
  /** All log lines, once the process has ended. */
  readonly ended: Promise<{ readonly status: number | null; readonly log: string }>;
}

/** Starts it with these flags and variables; the test must end it. */
export function startProcess(flags: readonly string[], env: Record<string, string> = {}): EchoProcess {
  const child = spawn(process.execPath, [MAIN, ...flags], {
    env: { ...plainEnvironment, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const listening = Promise.withResolvers<Record<string, unknown> | undefined>();
  createInterface(child.stdout)
    .on('line', (line) => {
      listening.resolve(JSON.parse(line) as Record<string, unknown>);
    })
    .on('close', () => {
      listening.resolve(undefined);
    });
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number | null,
    log: log.join(''),
  }));
  return { child, listening: listening.promise, ended };
}
