import { plainEnvironment } from '@sipf/service/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { programMain, type ProgramName } from '../../support/program-main.ts';

/** What a process is started with, again and again. */
export interface KeptProcessOptions {
  readonly name: ProgramName;
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the program's own, e.g. to run it in a network of its own. */
  readonly prefix?: readonly string[];
  /** `host:port`. @default a free port of loopback */
  readonly address?: string;
  /** Takes what every start logs. */
  readonly logFile: string;
}

/** Before a process that has ended is started again. */
const RESTART_MS = 100;
/** A process that does not end when it is asked to is killed. */
const STOP_MS = 20_000;

/** Starts a service and waits until it listens. @throws Error when it ends before that */
export async function startKept(options: KeptProcessOptions): Promise<KeptProcess> {
  const kept = new KeptProcess(options);
  await kept.start();
  return kept;
}

/** A service that is started again on its addresses whenever it ends, as a cluster would. */
export class KeptProcess implements AsyncDisposable {
  readonly name: ProgramName;
  address: string;
  /** Starts after the first one. */
  restarts = 0;
  #metrics = '127.0.0.1:0';
  readonly #options: KeptProcessOptions;
  #child: ChildProcess | undefined;
  readonly #stopping = new AbortController();
  #kept: Promise<void> = Promise.resolve();

  constructor(options: KeptProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address ?? '127.0.0.1:0';
  }

  /** 0 between two starts. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** `http://host:port`. */
  get metricsUrl(): string {
    return `http://${this.#metrics}`;
  }

  async start(): Promise<void> {
    const child = this.#spawn();
    const first = await Promise.race([firstLine(child), once(child, 'exit').then(() => undefined)]);
    if (first === undefined) throw new Error(`${this.name} did not start: ${this.#lastWords()}`);
    const { address, metrics } = JSON.parse(first) as { address: string; metrics: string };
    this.address = address;
    this.#metrics = metrics;
    this.#kept = this.#keep(child);
  }

  async #keep(first: ChildProcess): Promise<void> {
    const { signal } = this.#stopping;
    const isOver = (): boolean => signal.aborted;
    for (let child = first; ; child = this.#spawn()) {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      this.#child = undefined;
      await sleep(RESTART_MS, undefined, { signal }).catch(() => undefined);
      if (isOver()) return;
      this.restarts += 1;
    }
  }

  #spawn(): ChildProcess {
    const { flags, env, prefix = [], logFile } = this.#options;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    const addresses = ['--address', this.address, '--metrics-address', this.#metrics];
    const program = [programMain(this.name), ...flags, ...addresses, '--exit-with-parent'];
    const [command = '', ...args] = [...prefix, process.execPath, ...program];
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', log],
      env: { ...plainEnvironment, ...env },
    });
    closeSync(log);
    child.stdin?.on('error', () => undefined);
    this.#child = child;
    return child;
  }

  #lastWords(): string {
    return readFileSync(this.#options.logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    // A stopped process hears nothing.
    child?.kill('SIGCONT');
    child?.stdin?.end();
    const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_MS);
    await this.#kept;
    clearTimeout(timer);
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('nothing to read from');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}
