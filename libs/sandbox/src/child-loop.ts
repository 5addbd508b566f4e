import { readSync, writeSync } from 'node:fs';
import { replyDescriptor, type ChildMessage, type Job } from './messages.ts';

/** Sends a line to the parent. */
export type Send = (message: ChildMessage) => void;

/** A child's runner and its name. */
export interface ChildWork {
  /** Engine and version, as verdicts name it. */
  readonly engine: string;
  /** Runs one program; its last message is `done`. */
  readonly run: (job: Job, send: Send) => void;
}

/** A child's main loop, wholly synchronous: a job in, its messages out, until the parent closes the pipe or kills it. */
export function serveJobs({ engine, run }: ChildWork): never {
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  send({ type: 'ready', engine });
  const chunk = Buffer.alloc(65_536);
  let parts: Buffer[] = [];
  for (let size = readChunk(chunk); size > 0; size = readChunk(chunk)) {
    parts.push(Buffer.from(chunk.subarray(0, size)));
    if (chunk[size - 1] !== 0x0a) continue;
    const job = JSON.parse(Buffer.concat(parts).toString()) as Job;
    parts = [];
    run(job, send);
  }
  return endProcess();
}

/**
 * Ends the child at once: exiting with live isolates can crash. The first process of a namespace cannot kill itself, so aborts.
 */
export function endProcess(): never {
  process.kill(process.pid, 'SIGKILL');
  process.abort();
}

/** Reads the available bytes; 0 when the parent is gone. */
function readChunk(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (error) {
      if (!isRetryable(error)) return 0;
      pause();
    }
  }
}

function send(message: ChildMessage): void {
  let rest = Buffer.from(`${JSON.stringify(message)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(replyDescriptor, rest));
    } catch (error) {
      if (!isRetryable(error)) endProcess();
      pause();
    }
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
