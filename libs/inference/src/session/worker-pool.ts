import { SipfError } from '@sipf/errors';
import { setImmediate } from 'node:timers/promises';
import { startEngineWorker, type EngineWorker, type WorkerCallOptions } from './engine-worker.ts';
import type { NameIn, Operations } from './operations.ts';

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
export interface WorkerPoolOptions<Protocol extends Operations<Protocol>> {
  /** Module that calls serveWorker. */
  readonly entry: URL;
  /** Number of threads. */
  readonly size: number;
  readonly name: string;
  /** Prepares a new thread, e.g. loads the model; runs again on every replacement. */
  readonly initialise: (worker: EngineWorker<Protocol>) => Promise<void>;
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** A call with its share of a worker's capacity. */
interface PoolCallOptions<Item = never> extends WorkerCallOptions<Item> {
  /** Relative cost, e.g. the number of samples; the least loaded worker gets the call. @default 1 */
  readonly weight?: number;
}

/** A fixed number of equal workers; one that dies is replaced and its calls are tried again elsewhere. */
export interface WorkerPool<Protocol extends Operations<Protocol>> {
  /** Threads that died and were replaced since the start. */
  readonly replaced: number;
  /** Calls must be pure functions of their request: after a worker's death the same call runs again, items included. */
  call<Name extends NameIn<Protocol>>(
    name: Name,
    request: Protocol[Name][0],
    options?: PoolCallOptions<Protocol[Name][2]>,
  ): Promise<Protocol[Name][1]>;
  /** Runs the call once on every worker; not retried. */
  broadcast<Name extends NameIn<Protocol>>(
    name: Name,
    request: Protocol[Name][0],
  ): Promise<Protocol[Name][1][]>;
  close(): Promise<void>;
}

/** A call is given up after so many workers died under it: the call itself is then the likely cause. */
const MAX_ATTEMPTS = 3;

/** Starts the workers and waits until each is initialised. */
export async function createWorkerPool<Protocol extends Operations<Protocol>>(
  options: WorkerPoolOptions<Protocol>,
): Promise<WorkerPool<Protocol>> {
  const pool = new ThreadPool(options);
  try {
    await pool.ready();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

/** One of the pool's threads, whichever worker it is at the time. */
interface Seat<Protocol extends Operations<Protocol>> {
  readonly index: number;
  worker: EngineWorker<Protocol>;
  ready: Promise<void>;
  load: number;
}

class ThreadPool<Protocol extends Operations<Protocol>> implements WorkerPool<Protocol> {
  replaced = 0;
  readonly #options: WorkerPoolOptions<Protocol>;
  readonly #seats: readonly Seat<Protocol>[];
  #closed = false;

  constructor(options: WorkerPoolOptions<Protocol>) {
    this.#options = options;
    this.#seats = Array.from({ length: options.size }, (_, index) => this.#open(index));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.ready));
  }

  async call<Name extends NameIn<Protocol>>(
    name: Name,
    request: Protocol[Name][0],
    options: PoolCallOptions<Protocol[Name][2]> = {},
  ): Promise<Protocol[Name][1]> {
    const weight = options.weight ?? 1;
    for (let attempt = 1; ; attempt++) {
      const seat = this.#leastLoaded();
      seat.load += weight;
      try {
        const worker = await this.#readyWorker(seat);
        return await worker.call(name, request, options);
      } catch (error) {
        if (this.#closed || attempt === MAX_ATTEMPTS || !isWorkerLost(error)) throw error;
        // The replacement is made when the thread's end is heard, which is in this turn of the event loop.
        await setImmediate();
        this.#options.onEvent?.({ kind: 'work-retried', worker: seat.index, method: name, attempt });
      } finally {
        seat.load -= weight;
      }
    }
  }

  broadcast<Name extends NameIn<Protocol>>(
    name: Name,
    request: Protocol[Name][0],
  ): Promise<Protocol[Name][1][]> {
    return Promise.all(
      this.#seats.map(async (seat) => {
        const worker = await this.#readyWorker(seat);
        return worker.call(name, request);
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#seats.map((seat) => seat.worker.close()));
  }

  async #readyWorker(seat: Seat<Protocol>): Promise<EngineWorker<Protocol>> {
    let worker: EngineWorker<Protocol>;
    do {
      worker = seat.worker;
      await seat.ready;
    } while (worker !== seat.worker);
    return worker;
  }

  #leastLoaded(): Seat<Protocol> {
    return this.#seats.reduce((best, seat) => (seat.load < best.load ? seat : best));
  }

  #open(index: number): Seat<Protocol> {
    const worker = startEngineWorker<Protocol>(this.#options.entry, `${this.#options.name}-${index}`);
    const seat: Seat<Protocol> = { index, worker, ready: this.#prepare(worker), load: 0 };
    this.#replaceOnLoss(seat);
    return seat;
  }

  #prepare(worker: EngineWorker<Protocol>): Promise<void> {
    const ready = this.#options.initialise(worker);
    // Calls that wait for the worker get the failure; there may be none yet.
    ready.catch(() => undefined);
    return ready;
  }

  #replaceOnLoss(seat: Seat<Protocol>): void {
    const { worker } = seat;
    let initialised = false;
    seat.ready.then(
      () => (initialised = true),
      () => undefined,
    );
    void worker.ended.then((failure) => {
      if (this.#closed || failure === undefined) return;
      this.#options.onEvent?.({ kind: 'worker-lost', worker: seat.index, message: failure.message });
      // A worker that dies while it is being prepared would die again.
      if (!initialised) return;
      this.replaced++;
      seat.worker = startEngineWorker<Protocol>(this.#options.entry, `${this.#options.name}-${seat.index}`);
      seat.ready = this.#prepare(seat.worker);
      this.#replaceOnLoss(seat);
      this.#options.onEvent?.({ kind: 'worker-replaced', worker: seat.index });
    });
  }
}

function isWorkerLost(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'WORKER_LOST';
}
