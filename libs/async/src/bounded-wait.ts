/** Promises that are waited for together, a bounded number at a time. */
export class BoundedWait {
  readonly #limit: number;
  readonly #open = new Set<Promise<void>>();
  #failure: { readonly cause: unknown } | undefined;

  /** @param limit how many may be open before `add` waits */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a promise, and waits while too many are open. @throws what any of them was rejected with */
  async add(promise: Promise<void>): Promise<void> {
    const open: Promise<void> = promise
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
      })
      .finally(() => this.#open.delete(open));
    this.#open.add(open);
    while (this.#open.size >= this.#limit) await Promise.race(this.#open);
    this.#throwFailure();
  }

  /** Waits for all. @throws what any of them was rejected with */
  async all(): Promise<void> {
    await Promise.all(this.#open);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
