import { ChangeSignal } from './change-signal.ts';

/** Work that is done in rounds, for one reader: items that want another round come before fresh ones. */
export class Rounds<T> implements AsyncIterable<T> {
  readonly #fresh: AsyncIterable<T>;
  readonly #change = new ChangeSignal();
  #again: T[] = [];
  #open = 0;
  #failure: { readonly cause: unknown } | undefined;

  /** @param fresh read once, as the reader asks; its end is waited for until everything given is done */
  constructor(fresh: AsyncIterable<T>) {
    this.#fresh = fresh;
  }

  /** An item that was given wants another round. */
  again(item: T): void {
    this.#again.push(item);
    this.#change.notify();
  }

  /** An item that was given wants no further round. */
  done(): void {
    this.#open -= 1;
    this.#change.notify();
  }

  /** No more rounds: the reader gets this error. */
  fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#change.notify();
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
      await this.#change.changed;
    }
  }

  #due(): readonly T[] {
    if (this.#failure !== undefined) throw this.#failure.cause;
    return this.#again.splice(0);
  }
}
