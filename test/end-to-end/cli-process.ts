import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { programMain } from '../support/program-main.ts';

/** What a call of the command line left. */
export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line at work. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** Everything on standard output so far. */
  readonly stdout: () => string;
  readonly ended: Promise<CliResult>;
  /** The first line of standard output, of those so far and those to come, that the test is looking for. */
  waitForLine(wanted: (line: string) => boolean): Promise<string>;
}

/** A folder that goes with the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-end-to-end-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });
  return folder;
}

/** Calls the command line in a process of its own; it is ended with the test. */
export function startCli(cwd: string, args: readonly string[], input = ''): CliProcess {
  const child = spawn(process.execPath, [programMain('sipf'), ...args], { cwd, stdio: 'pipe' });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  child.stdin.on('error', () => undefined).end(input);
  const [out, err]: [string[], string[]] = [[], []];
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  const lines = createInterface(child.stdout).on('line', (line) => out.push(line));
  const stdout = (): string => out.map((line) => `${line}\n`).join('');
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number | null,
    stdout: stdout(),
    stderr: err.join(''),
  }));
  const waitForLine = (wanted: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const known = out.find(wanted);
      if (known !== undefined) resolve(known);
      lines.on('line', (line) => {
        if (wanted(line)) resolve(line);
      });
      void ended.then((result) => {
        reject(new Error(`it ended first: ${JSON.stringify(result)}`));
      });
    });
  return { child, stdout, ended, waitForLine };
}

/** Calls the command line and waits for its end. */
export function callCli(cwd: string, args: readonly string[], input = ''): Promise<CliResult> {
  return startCli(cwd, args, input).ended;
}
