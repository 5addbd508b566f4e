import { fromWireError, SipfError, type WireError } from '@sipf/errors';
import { Worker } from 'node:worker_threads';

/** What a helper's thread is sent. */
export interface HelperOrder {
  /** URL of a {@link HelperModule}. */
  readonly module: string;
  /** Anything that can be cloned. */
  readonly input: unknown;
}

/** What a helper's thread sends back. */
export type HelperReply = { readonly result: unknown } | { readonly error: WireError };

/** A module whose work is done on a helper's thread. */
export interface HelperModule {
  /** @returns anything that can be cloned; SipfErrors keep what they are */
  readonly answer: (input: unknown) => unknown;
}

/** How far a helper goes. */
export interface HelperOptions {
  /** The error of an order that cost the thread its life. @param why e.g. `it works for longer than 60 seconds` */
  readonly lost: (why: string) => Error;
  /** Longest work on one order. @default a minute: honest ones take seconds, on a busy machine too */
  readonly limitMs?: number;
  /** Most memory of JavaScript's. @default ten times what the largest published tokenizer takes */
  readonly heapMb?: number;
}

interface Call extends HelperOrder {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const LIMIT_MS = 60_000;
/** Orders that may wait; a call of a service has one at a time. */
const MAX_WAITING = 256;
/** When an order that found no room is worth repeating. */
const RETRY_AFTER_MS = 1000;
const HEAP_MB = 4096;

const entry = new URL('./helper-thread.ts', import.meta.url);

/**
 * A thread for work that would hold the event loop: started with the first order, one order at a time, ended where one takes too
 * long or too much memory, and started again for the next. It keeps its process alive only while it works.
 */
export class Helper {
  readonly #lost: HelperOptions['lost'];
  readonly #limitMs: number;
  readonly #heapMb: number;
  readonly #waiting: Call[] = [];
  #running: Call | undefined;
  #thread: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ lost, limitMs = LIMIT_MS, heapMb = HEAP_MB }: HelperOptions) {
    this.#lost = lost;
    this.#limitMs = limitMs;
    this.#heapMb = heapMb;
  }

  /**
   * Has a module's `answer` called with the input.
   * @throws what `answer` throws; {@link HelperOptions.lost}; SipfError resource-exhausted QUEUE_FULL, cancelled WORKER_CLOSED
   */
  ask(module: string, input: unknown): Promise<unknown> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(full());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ module, input, resolve, reject });
      this.#next();
    });
  }

  /** Ends the thread, and what it was asked. It starts again with the next order. */
  async close(): Promise<void> {
    const closed = new SipfError('cancelled', 'the helper was closed meanwhile', { reason: 'WORKER_CLOSED' });
    for (const { reject } of this.#waiting.splice(0)) reject(closed);
    await this.#end(closed);
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const call = this.#waiting.shift();
    if (call === undefined) return;
    this.#running = call;
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#timer = setTimeout(() => {
      void this.#end(this.#lost(`it works for longer than ${this.#limitMs / 1000} seconds`));
    }, this.#limitMs);
    try {
      this.#thread.postMessage({ module: call.module, input: call.input } satisfies HelperOrder);
    } catch (error) {
      this.#settle({ error: error as Error });
    }
  }

  #start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: this.#heapMb };
    const thread = new Worker(entry, { name: 'helper', resourceLimits });
    // One that was ended on purpose is nobody's any more: what it said before its end may come after it.
    thread.on('message', (reply: HelperReply) => {
      if (this.#thread !== thread) return;
      this.#settle('error' in reply ? { error: fromWireError(reply.error) } : reply);
    });
    thread.on('error', (cause) => {
      if (this.#thread === thread) void this.#end(this.#lost(this.#causeOf(cause)));
    });
    return thread;
  }

  #causeOf(cause: unknown): string {
    const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
    return code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? `it takes more than ${this.#heapMb} MiB of memory`
      : String(message);
  }

  async #end(error: Error): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#settle({ error });
    await thread?.terminate();
  }

  #settle(outcome: { readonly result: unknown } | { readonly error: Error }): void {
    const call = this.#running;
    if (call === undefined) return;
    this.#running = undefined;
    clearTimeout(this.#timer);
    this.#thread?.unref();
    if ('error' in outcome) call.reject(outcome.error);
    else call.resolve(outcome.result);
    this.#next();
  }
}

function full(): SipfError {
  return new SipfError('resource-exhausted', 'as many texts wait to be read as may', {
    reason: 'QUEUE_FULL',
    retryAfterMs: RETRY_AFTER_MS,
  });
}
