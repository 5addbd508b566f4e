import { orAborted } from '@sipf/async';

interface Running {
  readonly ended: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

/** Work that is done once for all who wait for it, and broken off when none of them waits any longer. */
export class SharedWork {
  readonly #running = new Map<string, Running>();

  /** Begins the work of a key, or waits for that which is under way. @throws whatever the work throws; the signal's reason */
  async join(key: string, work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const running = this.#running.get(key) ?? this.#begin(key, work);
    running.waiting += 1;
    try {
      await orAborted(running.ended, signal);
    } finally {
      running.waiting -= 1;
      if (running.waiting === 0) this.#end(key, running);
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<void>): Running {
    const controller = new AbortController();
    const running: Running = { ended: work(controller.signal), controller, waiting: 0 };
    this.#running.set(key, running);
    running.ended
      .catch(() => undefined)
      .finally(() => {
        this.#forget(key, running);
      });
    return running;
  }

  #end(key: string, running: Running): void {
    running.controller.abort();
    this.#forget(key, running);
  }

  #forget(key: string, running: Running): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
