import { ChangeSignal } from './change-signal.ts';

/** Promises that are waited for together, a bounded number at a time. */
export class BoundedWait {
  readonly #limit: number;
  readonly #settled = new ChangeSignal();
  #open = 0;
  #failure: { readonly cause: unknown } | undefined;

  /** @param limit how many may be open before `add` waits */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a promise, and waits while too many are open. @throws what any of them was rejected with */
  async add(promise: Promise<void>): Promise<void> {
    this.#open += 1;
    void promise
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
      })
      .finally(() => {
        this.#open -= 1;
        this.#settled.notify();
      });
    await this.#untilAtMost(this.#limit - 1);
  }

  /** Waits for all. @throws what any of them was rejected with */
  async all(): Promise<void> {
    await this.#untilAtMost(0);
  }

  async #untilAtMost(open: number): Promise<void> {
    while (this.#open > open) await this.#settled.changed;
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
