/** Items pushed on one side and iterated on the other by one reader, in order, until the pushing side ends or fails. */
export class ItemQueue<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #outcome: { readonly error?: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #waitingForRoom: { limit: number; resolve: () => void }[] = [];

  push(item: T): void {
    if (this.#outcome !== undefined) return;
    this.#items.push(item);
    this.#wakeReader?.();
  }

  end(): void {
    this.#settle({});
  }

  /** What was pushed before is still read, then the reader gets the error. */
  fail(error: unknown): void {
    this.#settle({ error });
  }

  /** Resolves when at most `limit` items wait to be read, or the queue has ended. */
  roomUnder(limit: number): Promise<void> {
    if (this.#items.length <= limit || this.#outcome !== undefined) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForRoom.push({ limit, resolve }));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const batch = this.#items;
      this.#items = [];
      this.#admit();
      yield* batch;
      if (this.#items.length > 0) continue;
      if (this.#outcome === undefined) await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      else if ('error' in this.#outcome) throw this.#outcome.error;
      else return;
    }
  }

  #settle(outcome: { readonly error?: unknown }): void {
    this.#outcome ??= outcome;
    this.#wakeReader?.();
    this.#admit();
  }

  #admit(): void {
    const ended = this.#outcome !== undefined;
    const admitted = this.#waitingForRoom.filter(({ limit }) => ended || this.#items.length <= limit);
    this.#waitingForRoom = this.#waitingForRoom.filter((waiter) => !admitted.includes(waiter));
    for (const { resolve } of admitted) resolve();
  }
}
