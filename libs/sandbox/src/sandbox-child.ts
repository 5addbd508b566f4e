import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { isSuperuser } from './confinement/find-confinement.ts';
import { launchScript } from './confinement/launch-script.ts';
import type { Plan } from './confinement/plan.ts';
import { replyDescriptor, type ChildMessage, type Job } from './messages.ts';
import { firstChildOf } from './process-usage.ts';
import type { Runner } from './runners.ts';
import { TextTail } from './text-tail.ts';

/** The child has sent its last message about a program. */
export type ChildDone = Extract<ChildMessage, { type: 'done' }>;

/** The child ended before it was done. */
export interface ChildExit {
  readonly type: 'exit';
  readonly signal: string | undefined;
  /** The last part of the engine's output about its own end. */
  readonly lastWords: string;
}

/** Listener for a program's output. */
export type OnOutput = (stream: 'stdout' | 'stderr', text: string) => void;

/** Longer than any reply: output is cut to its limit, messages to a few thousand characters. */
const maxLineChars = 64 * 2 ** 20;

/**
 * A child process that runs programs one after the other. It has an empty environment and no channel but its pipes, and it
 * always ends by SIGKILL.
 */
export class SandboxChild {
  readonly runner: Runner;
  readonly plan: Plan;
  /** Programs given to this child so far. */
  programs = 0;
  readonly #process: ChildProcess;
  readonly #lastWords = new TextTail(4_096);
  readonly #exited: Promise<ChildExit>;
  readonly #ready: Promise<string>;
  /** Whether the process was started by one that waits for it, inside namespaces. */
  #isInside = false;
  #buffered = '';
  #onMessage: (message: ChildMessage) => void = () => undefined;

  /** Starts the process; {@link SandboxChild.ready} resolves when it serves. */
  constructor(runner: Runner, plan: Plan) {
    this.runner = runner;
    this.plan = plan;
    const script = launchScript(plan, { ...runner, prepared: runner.prepared?.() }, isSuperuser());
    const child = spawn('/bin/sh', ['-c', script], {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords.add(text);
    });
    const replies = child.stdio[replyDescriptor] as Readable;
    replies.setEncoding('utf8').on('data', (text: string) => {
      this.#receive(text);
    });
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        resolve({ type: 'exit', signal: undefined, lastWords: error.message });
      });
      child.once('close', (_code, signal) => {
        resolve({ type: 'exit', signal: signal ?? undefined, lastWords: this.#lastWords.text });
      });
    });
    this.#ready = new Promise((resolve) => {
      this.#onMessage = (message) => {
        if (message.type !== 'ready') return;
        this.#isInside = plan.namespaces;
        resolve(message.engine);
      };
    });
  }

  /** Resolves with its engine's version when the child takes programs, or with its end. */
  ready(): Promise<string | ChildExit> {
    return Promise.race([this.#ready, this.#exited]);
  }

  /** The id of the process that runs programs, while it is ready and alive; before, of the process that starts it. */
  get pid(): number | undefined {
    const { pid } = this.#process;
    return this.#isInside && pid !== undefined ? firstChildOf(pid) : pid;
  }

  /** Runs one program; resolves when the child is done or has ended. One at a time. */
  async execute(job: Job, onOutput: OnOutput): Promise<ChildDone | ChildExit> {
    this.programs += 1;
    const done = new Promise<ChildDone>((resolve) => {
      this.#onMessage = (message) => {
        if (message.type === 'output') onOutput(message.stream, message.text);
        if (message.type === 'done') resolve(message);
      };
    });
    this.#process.stdin?.write(`${JSON.stringify(job)}\n`);
    return Promise.race([done, this.#exited]);
  }

  /** Ends the process and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#end();
    await this.#exited;
  }

  #receive(text: string): void {
    const lines = (this.#buffered + text).split('\n');
    this.#buffered = lines.pop() ?? '';
    try {
      if (this.#buffered.length > maxLineChars) throw new RangeError('a reply of the child has no end');
      for (const line of lines) this.#onMessage(JSON.parse(line) as ChildMessage);
    } catch (error) {
      this.#lastWords.add(`unreadable reply: ${String(error)}`);
      this.#end();
    }
  }

  /** Ending the inner process ends the outer one, which waits for it and reaps it; a starting one sees the end of its input. */
  #end(): void {
    const { pid } = this;
    if (pid === undefined || !kill(pid)) this.#process.kill('SIGKILL');
    this.#process.stdin?.destroy();
  }
}

/** Whether the process existed. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
