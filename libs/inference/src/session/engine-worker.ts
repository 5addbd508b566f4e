import './without-telemetry.ts';
import { abortError, callSignal, type CallOptions } from '@sipf/async';
import { fromWireError, SipfError } from '@sipf/errors';
import { Worker } from 'node:worker_threads';
import type { NameIn, Operations } from './operations.ts';
import type { WorkerReply, WorkerRequest } from './protocol.ts';
import { keepGenericWasmWrappers } from './wasm-wrappers.ts';

/** A call to a worker, beside the operation and its request. */
export interface WorkerCallOptions<Item = never> extends CallOptions {
  /** Gets every item of a streamed answer, in order, before the call's promise settles. */
  readonly onItem?: (item: Item) => void;
}

/** A thread that holds native sessions, seen from its owner. */
export interface EngineWorker<Protocol extends Operations<Protocol>> {
  /** Calls that have been sent and not answered. */
  readonly pending: number;
  /** Settles when the thread has ended, with the reason when it ended by itself. */
  readonly ended: Promise<Error | undefined>;
  /**
   * Sends a call.
   * @throws SipfError of the handler; `cancelled` or `deadline-exceeded` as soon as the signal fires (the worker stops
   *   at its next step); `unavailable` WORKER_LOST when the thread died, where a second try on another is safe for
   *   calls that are pure functions of their request
   */
  call<Name extends NameIn<Protocol>>(
    name: Name,
    request: Protocol[Name][0],
    options?: WorkerCallOptions<Protocol[Name][2]>,
  ): Promise<Protocol[Name][1]>;
  /** Cancels what is running, lets the thread release its sessions and waits for its end; idempotent. */
  close(): Promise<void>;
}

interface PendingCall {
  settle(reply: WorkerReply & { type: 'done' | 'failed' }): void;
  lose(error: Error): void;
  readonly onItem: (item: unknown) => void;
}

/** Starts a thread on a module that calls serveWorker with the same protocol. */
export function startEngineWorker<Protocol extends Operations<Protocol>>(
  entry: URL,
  name: string,
): EngineWorker<Protocol> {
  return new ThreadWorker(entry, name);
}

class ThreadWorker<Protocol extends Operations<Protocol>> implements EngineWorker<Protocol> {
  readonly ended: Promise<Error | undefined>;
  readonly #thread: Worker;
  readonly #calls = new Map<number, PendingCall>();
  #nextCallId = 1;
  #closing = false;
  #lost: Error | undefined;

  constructor(entry: URL, name: string) {
    keepGenericWasmWrappers();
    this.#thread = new Worker(entry, { name });
    this.#thread.on('message', (reply: WorkerReply) => {
      this.#receive(reply);
    });
    this.ended = this.#watch(name);
  }

  get pending(): number {
    return this.#calls.size;
  }

  call<Name extends NameIn<Protocol>>(
    name: Name,
    request: Protocol[Name][0],
    options: WorkerCallOptions<Protocol[Name][2]> = {},
  ): Promise<Protocol[Name][1]> {
    const signal = callSignal(options);
    if (signal?.aborted === true) return Promise.reject(abortError(signal));
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (this.#closing) return Promise.reject(workerClosed());
    const callId = this.#nextCallId++;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#send({ type: 'cancel', callId });
        this.#calls.delete(callId);
        reject(abortError(signal as AbortSignal));
      };
      const forget = (): void => {
        signal?.removeEventListener('abort', abort);
        this.#calls.delete(callId);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#calls.set(callId, {
        // What crosses between threads has the types of the protocol, which both ends are checked against.
        onItem: (item) => options.onItem?.(item),
        settle: (reply) => {
          forget();
          if (reply.type === 'done') resolve(reply.result);
          else reject(fromWireError(reply.error));
        },
        lose: (error) => {
          forget();
          reject(error);
        },
      });
      try {
        this.#send({ type: 'call', callId, name, request });
      } catch (error) {
        forget();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#send({ type: 'close' });
    }
    await this.ended;
  }

  #send(message: WorkerRequest): void {
    this.#thread.postMessage(message);
  }

  #receive(reply: WorkerReply): void {
    const call = this.#calls.get(reply.callId);
    if (call === undefined) return;
    if (reply.type === 'item') call.onItem(reply.item);
    else call.settle(reply);
  }

  #watch(name: string): Promise<Error | undefined> {
    return new Promise((resolve) => {
      let failure: Error | undefined;
      this.#thread.on('error', (error: unknown) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      this.#thread.on('exit', (code) => {
        const expected = this.#closing && failure === undefined;
        const cause = failure ?? new Error(`exit code ${code}`);
        this.#lost = expected ? workerClosed() : workerLost(name, cause);
        const error = expected ? closedMeanwhile() : this.#lost;
        for (const call of [...this.#calls.values()]) call.lose(error);
        resolve(expected ? undefined : cause);
      });
    });
  }
}

function workerClosed(): SipfError {
  return new SipfError('failed-precondition', 'the worker has been closed', { reason: 'WORKER_CLOSED' });
}

function closedMeanwhile(): SipfError {
  return new SipfError('cancelled', 'the worker was closed while the call ran', { reason: 'WORKER_CLOSED' });
}

function workerLost(name: string, cause: Error): SipfError {
  return new SipfError('unavailable', `the worker ${name} died (${cause.message})`, {
    reason: 'WORKER_LOST',
    retryAfterMs: 100,
    cause,
  });
}
