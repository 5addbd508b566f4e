/** Work that is done in rounds, in the order in which rounds are to be started: what goes on comes before what is fresh. */
export interface Rounds<T> extends AsyncIterable<T> {
  /** What was given wants another round. */
  again(item: T): void;
  /** Something that was given wants no further round. */
  done(): void;
  /** No more rounds: the reader gets this error. */
  fail(cause: unknown): void;
}

/** @param fresh read once, as the reader asks; its end is waited for until everything given is done */
export function createRounds<T>(fresh: AsyncIterable<T>): Rounds<T> {
  return new WokenRounds(fresh);
}

class WokenRounds<T> implements Rounds<T> {
  readonly #fresh: AsyncIterable<T>;
  #again: T[] = [];
  #open = 0;
  #failure: { readonly cause: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(fresh: AsyncIterable<T>) {
    this.#fresh = fresh;
  }

  again(item: T): void {
    this.#again.push(item);
    this.#wake();
  }

  done(): void {
    this.#open -= 1;
    this.#wake();
  }

  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const item of this.#fresh) {
      yield* this.#due();
      this.#open += 1;
      yield item;
    }
    for (;;) {
      yield* this.#due();
      if (this.#again.length > 0) continue;
      if (this.#open === 0) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #due(): readonly T[] {
    if (this.#failure !== undefined) throw this.#failure.cause;
    return this.#again.splice(0);
  }
}
