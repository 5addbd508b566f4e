import { type CallOptions, callSignal, ItemQueue } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { modelChanged } from '@sipf/models';
import { createWorkerPool, type WorkerEvent, type WorkerPool } from '../session/worker-pool.ts';
import type { ModelFacts, ModelSource } from './model-source.ts';

/** What generators and scorers have in common: threads that each hold the model. */
export interface HostOptions {
  /** Threads that each hold the model. @default 1 */
  readonly workers?: number;
  /** Threads inside one operator, per worker. @default 1 */
  readonly threadsPerWorker?: number;
  /** Calls that may be open at once; a further one fails with resource-exhausted. @default 64 */
  readonly maxConcurrentCalls?: number;
  /** Module of the worker threads. @default the library's own */
  readonly workerEntry?: URL;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** Payload of a worker's `load`. */
export interface LoadOrder<Layout> {
  readonly source: ModelSource;
  readonly layout: Layout;
}

/** Payload of a worker's `attach`, which answers the facts of base and adapter together. */
export interface AttachOrder {
  readonly name: string;
  /** A PEFT folder. */
  readonly folder: string;
}

/** Payload of a worker's `detach`. */
export type DetachOrder = Pick<AttachOrder, 'name'>;

/** An adapter that all workers hold beside their model. */
export interface AttachedAdapter {
  readonly name: string;
  /** Of base and adapter together. */
  readonly facts: ModelFacts;
  /** Ends the calls with this adapter. */
  readonly closing: AbortController;
  /** The open ones. */
  readonly calls: Set<Promise<void>>;
}

/** How a host's workers are started. */
export interface HostWorkers<Layout> {
  readonly entry: URL;
  readonly name: string;
  /** Sent with every load. */
  readonly layout: Layout;
}

const DEFAULT_MAX_CALLS = 64;
/** Results a slow reader may leave unread before its call takes no further work. */
const UNREAD_LIMIT = 4096;

/** Starts the threads and loads the model on each. */
export async function createModelHost<Layout>(
  source: ModelSource,
  workers: HostWorkers<Layout>,
  options: HostOptions,
): Promise<ModelHost<Layout>> {
  const host = new ModelHost(workers, options);
  await host.start(source);
  return host;
}

/** A pool of workers with a model that can be swapped while no call is open. */
export class ModelHost<Layout> {
  readonly #setup: HostWorkers<Layout>;
  readonly #options: HostOptions;
  readonly #closing = new AbortController();
  readonly #calls = new Set<Promise<void>>();
  readonly #adapters = new Map<string, { readonly folder: string; readonly digest?: string | undefined }>();
  #attached = 0;
  #source: ModelSource | undefined;
  #facts: ModelFacts | undefined;
  #pool: WorkerPool | undefined;
  #swap: Promise<unknown> = Promise.resolve();

  constructor(setup: HostWorkers<Layout>, options: HostOptions) {
    this.#setup = setup;
    this.#options = options;
  }

  /** @throws SipfError failed-precondition MODEL_NOT_LOADED after `unload` */
  get model(): ModelFacts {
    if (this.#facts !== undefined) return this.#facts;
    throw notLoaded();
  }

  /** @throws SipfError failed-precondition MODEL_NOT_LOADED after `unload` */
  get pool(): WorkerPool {
    if (this.#pool !== undefined) return this.#pool;
    throw notLoaded();
  }

  /** Starts threads that hold this model. */
  async start(source: ModelSource): Promise<void> {
    const { workers = 1, workerEntry, onEvent } = this.#options;
    const order: LoadOrder<Layout> = { source, layout: this.#setup.layout };
    this.#pool = await createWorkerPool({
      entry: workerEntry ?? this.#setup.entry,
      size: workers,
      name: this.#setup.name,
      initialise: async (worker) => {
        const facts = (await worker.call('load', order)) as ModelFacts;
        // A thread that takes another's place reads the folders again.
        assertSame(this.#facts?.digest, facts, 'folder' in source ? source.folder : '');
        this.#facts = facts;
        for (const [name, { folder, digest }] of this.#adapters)
          assertSame(digest, (await worker.call('attach', { name, folder })) as ModelFacts, folder);
      },
      ...(onEvent !== undefined && { onEvent }),
    });
    this.#source = source;
  }

  /** Gives every worker an adapter of the model. @throws SipfError as openAdapter does */
  async attach(folder: string): Promise<AttachedAdapter> {
    const name = `adapter-${this.#attached++}`;
    // Known before it is sent: a worker that is replaced meanwhile gets it with its model.
    this.#adapters.set(name, { folder });
    try {
      const [facts] = (await this.pool.broadcast('attach', {
        name,
        folder,
      } satisfies AttachOrder)) as ModelFacts[];
      this.#adapters.set(name, { folder, digest: facts?.digest });
      return { name, facts: facts as ModelFacts, closing: new AbortController(), calls: new Set() };
    } catch (error) {
      await this.#forget(name).catch(() => undefined);
      throw error;
    }
  }

  /** Cancels open calls with an adapter and frees it. */
  async detach({ name, closing, calls }: AttachedAdapter): Promise<void> {
    closing.abort();
    await Promise.allSettled(calls);
    await this.#forget(name);
  }

  async #forget(name: string): Promise<void> {
    this.#adapters.delete(name);
    await this.#pool?.broadcast('detach', { name } satisfies DetachOrder);
  }

  /**
   * Streams what `serve` pushes. The call waits for a swap in progress, and is cancelled by its signal, by a reader
   * that leaves, and by `close` or its adapter's `detach`.
   * @throws SipfError resource-exhausted TOO_MANY_CALLS
   */
  async *stream<Result>(
    options: CallOptions & { readonly adapter: AttachedAdapter | undefined },
    serve: (results: HostCall<Result>) => Promise<void>,
  ): AsyncGenerator<Result, void, undefined> {
    this.#checkRoom();
    const left = new AbortController();
    const { adapter } = options;
    const others = [callSignal(options), adapter?.closing.signal].filter((signal) => signal !== undefined);
    const call = new HostCall<Result>(AbortSignal.any([left.signal, this.#closing.signal, ...others]));
    const served = this.#swap.then(() => call.settle(serve(call)));
    this.#calls.add(served);
    adapter?.calls.add(served);
    try {
      yield* call.results;
    } finally {
      left.abort();
      await served;
      this.#calls.delete(served);
      adapter?.calls.delete(served);
    }
  }

  /**
   * Replaces the model, threads and all, once open calls have ended; calls made meanwhile wait for the new one. Where
   * the new model cannot be loaded, the one before is loaded again.
   */
  load(source: ModelSource): Promise<ModelFacts> {
    return this.#exclusively(async () => {
      const before = this.#source;
      await this.#stop();
      try {
        await this.start(source);
      } catch (error) {
        if (before !== undefined) await this.start(before);
        throw error;
      }
      return this.model;
    });
  }

  /** Ends the threads, and with them all of the model's memory, once open calls have ended. */
  unload(): Promise<void> {
    return this.#exclusively(() => this.#stop());
  }

  /** Cancels open calls and ends the threads. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#calls);
    await this.#swap;
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    this.#facts = undefined;
    this.#source = undefined;
    this.#adapters.clear();
    await pool?.close();
  }

  #exclusively<T>(change: () => Promise<T>): Promise<T> {
    const open = [...this.#calls];
    const changed = this.#swap.then(async () => {
      await Promise.allSettled(open);
      return change();
    });
    this.#swap = changed.catch(() => undefined);
    return changed;
  }

  #checkRoom(): void {
    const limit = this.#options.maxConcurrentCalls ?? DEFAULT_MAX_CALLS;
    if (this.#calls.size < limit) return;
    throw new SipfError('resource-exhausted', `${limit} calls are open already`, {
      reason: 'TOO_MANY_CALLS',
      retryAfterMs: 1000,
    });
  }
}

/** One open call: the work it has handed out and the results nobody has read yet. */
export class HostCall<Result> {
  readonly results = new ItemQueue<Result>();
  /** Fires when the call is cancelled or any part of its work has failed. */
  readonly signal: AbortSignal;
  readonly #failed = new AbortController();
  readonly #open = new Set<Promise<void>>();

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failed.signal]);
  }

  /** Resolves when the reader has caught up enough for more work. */
  readerReady(): Promise<void> {
    return this.results.roomUnder(UNREAD_LIMIT);
  }

  /** Lets a piece of work run beside the others; its failure is the call's. */
  run(work: Promise<void>): void {
    const settled: Promise<void> = work
      .catch((error: unknown) => {
        this.#fail(error);
      })
      .finally(() => this.#open.delete(settled));
    this.#open.add(settled);
  }

  /** Ends the results when `serving` and all work have ended; never rejects. */
  async settle(serving: Promise<void>): Promise<void> {
    await serving.catch((error: unknown) => {
      this.#fail(error);
    });
    await Promise.all(this.#open);
    this.results.end();
  }

  #fail(error: unknown): void {
    this.results.fail(error);
    this.#failed.abort(error);
  }
}

function notLoaded(): SipfError {
  return new SipfError('failed-precondition', 'no model is loaded', { reason: 'MODEL_NOT_LOADED' });
}

/** @throws SipfError data-loss MODEL_CHANGED where a folder was read before under another digest */
function assertSame(expected: string | undefined, { digest }: ModelFacts, folder: string): void {
  if (expected === undefined || digest === undefined || expected === digest) return;
  throw modelChanged(folder, { expected, actual: digest });
}
