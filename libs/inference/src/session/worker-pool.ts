import { SipfError } from '@sipf/errors';
import { setImmediate } from 'node:timers/promises';
import { startEngineWorker, type EngineWorker, type WorkerCallOptions } from './engine-worker.ts';

/** Something a pool did that its owner may want to log. */
export type WorkerEvent =
  | { readonly kind: 'worker-lost'; readonly worker: number; readonly message: string }
  | { readonly kind: 'worker-replaced'; readonly worker: number }
  | {
      readonly kind: 'work-retried';
      readonly worker: number;
      readonly method: string;
      readonly attempt: number;
    };

/** How a pool is made. */
export interface WorkerPoolOptions {
  /** Module that calls serveWorker. */
  readonly entry: URL;
  /** Number of threads. */
  readonly size: number;
  readonly name: string;
  /** Prepares a new thread, e.g. loads the model; runs again on every replacement. */
  readonly initialise: (worker: EngineWorker) => Promise<void>;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** A call with its share of a worker's capacity. */
export interface PoolCallOptions extends WorkerCallOptions {
  /** Relative cost, e.g. the number of samples; the least loaded worker gets the call. @default 1 */
  readonly weight?: number;
}

/** A fixed number of equal workers; one that dies is replaced and its calls are tried again elsewhere. */
export interface WorkerPool {
  /** Threads that died and were replaced since the start. */
  readonly replaced: number;
  /** Calls must be pure functions of their payload: after a worker's death the same call runs again, items included. */
  call(method: string, payload: unknown, options?: PoolCallOptions): Promise<unknown>;
  /** Runs the call once on every worker; not retried. */
  broadcast(method: string, payload: unknown): Promise<unknown[]>;
  close(): Promise<void>;
}

/** A call is given up after so many workers died under it: the call itself is then the likely cause. */
const MAX_ATTEMPTS = 3;

/** Starts the workers and waits until each is initialised. */
export async function createWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const pool = new ThreadPool(options);
  try {
    await pool.ready();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

interface Place {
  readonly index: number;
  worker: EngineWorker;
  ready: Promise<void>;
  load: number;
}

class ThreadPool implements WorkerPool {
  replaced = 0;
  readonly #options: WorkerPoolOptions;
  readonly #places: readonly Place[];
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.size }, (_, index) => this.#open(index));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.ready));
  }

  async call(method: string, payload: unknown, options: PoolCallOptions = {}): Promise<unknown> {
    const weight = options.weight ?? 1;
    for (let attempt = 1; ; attempt++) {
      const place = this.#leastLoaded();
      place.load += weight;
      try {
        const worker = await this.#readyWorker(place);
        return await worker.call(method, payload, options);
      } catch (error) {
        if (this.#closed || attempt === MAX_ATTEMPTS || !isWorkerLost(error)) throw error;
        // The replacement is made when the thread's end is heard, which is in this turn of the event loop.
        await setImmediate();
        this.#options.onEvent?.({ kind: 'work-retried', worker: place.index, method, attempt });
      } finally {
        place.load -= weight;
      }
    }
  }

  broadcast(method: string, payload: unknown): Promise<unknown[]> {
    return Promise.all(
      this.#places.map(async (place) => {
        const worker = await this.#readyWorker(place);
        return worker.call(method, payload);
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#places.map((place) => place.worker.close()));
  }

  async #readyWorker(place: Place): Promise<EngineWorker> {
    let worker: EngineWorker;
    do {
      worker = place.worker;
      await place.ready;
    } while (worker !== place.worker);
    return worker;
  }

  #leastLoaded(): Place {
    return this.#places.reduce((best, place) => (place.load < best.load ? place : best));
  }

  #open(index: number): Place {
    const worker = startEngineWorker(this.#options.entry, `${this.#options.name}-${index}`);
    const place: Place = { index, worker, ready: this.#prepare(worker), load: 0 };
    this.#replaceOnLoss(place);
    return place;
  }

  #prepare(worker: EngineWorker): Promise<void> {
    const ready = this.#options.initialise(worker);
    // Whoever waits for the worker hears the failure; nobody may be waiting yet.
    ready.catch(() => undefined);
    return ready;
  }

  #replaceOnLoss(place: Place): void {
    const { worker } = place;
    let initialised = false;
    place.ready.then(
      () => (initialised = true),
      () => undefined,
    );
    void worker.ended.then((failure) => {
      if (this.#closed || failure === undefined) return;
      this.#options.onEvent?.({ kind: 'worker-lost', worker: place.index, message: failure.message });
      // A worker that dies while it is being prepared would die again.
      if (!initialised) return;
      this.replaced++;
      place.worker = startEngineWorker(this.#options.entry, `${this.#options.name}-${place.index}`);
      place.ready = this.#prepare(place.worker);
      this.#replaceOnLoss(place);
      this.#options.onEvent?.({ kind: 'worker-replaced', worker: place.index });
    });
  }
}

function isWorkerLost(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'WORKER_LOST';
}
