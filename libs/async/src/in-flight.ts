import { ChangeSignal } from './change-signal.ts';

/** How the items of a stream are worked on. */
export interface InFlightOptions<Item, Result> {
  /**
   * Makes an item's result; must end soon once the signal aborts, which it does when the stream ends early.
   * @param index of the item in the stream, from 0
   */
  readonly work: (item: Item, index: number, signal: AbortSignal) => Promise<Result>;
  /** Items under way at the same time; no further one is read meanwhile. */
  readonly limit: number;
  /** Results that may wait for an earlier one, beside the items under way. @default 0 */
  readonly held?: number;
  /** Whether results come in the items' order and not as they are ready; asked once, of the first item. */
  readonly inOrder: (first: Item) => boolean;
  /** Ends the work on every item. */
  readonly signal: AbortSignal;
}

/**
 * Works on several items of a stream at once and gives their results, also while the next item is awaited. The first failure ends
 * the stream, after the results of what came before it: a failing source comes after all that it gave, and failing work comes
 * among the results, in order or as it is ready. What is under way then, or when the reader leaves, is cancelled and waited for.
 */
export async function* inFlight<Item, Result>(
  items: AsyncIterable<Item>,
  options: InFlightOptions<Item, Result>,
): AsyncGenerator<Result, void, undefined> {
  const flight = new Flight(items[Symbol.asyncIterator](), options);
  try {
    for (let due = await flight.next(); due !== undefined; due = await flight.next()) yield await due.result;
  } finally {
    await flight.end();
  }
}

interface Entry<Result> {
  readonly result: Promise<Result>;
  isSettled: boolean;
}

class Flight<Item, Result> {
  readonly #source: AsyncIterator<Item>;
  readonly #options: InFlightOptions<Item, Result>;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #change = new ChangeSignal();
  /** Under way, or not given yet. */
  readonly #open: Entry<Result>[] = [];
  #running = 0;
  #count = 0;
  #isReading = false;
  #isInOrder = false;
  #sourceEnd: { readonly error?: unknown } | undefined;

  constructor(source: AsyncIterator<Item>, options: InFlightOptions<Item, Result>) {
    this.#source = source;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
  }

  /** What is due, as soon as something is; undefined at the end. @throws the source's error instead of the end */
  async next(): Promise<Entry<Result> | undefined> {
    for (;;) {
      const { changed } = this.#change;
      if (this.#hasRoom()) void this.#read();
      const at = this.#isInOrder ? 0 : this.#open.findIndex(({ isSettled }) => isSettled);
      if (this.#open[at]?.isSettled === true) return this.#open.splice(at, 1)[0];
      if (this.#sourceEnd !== undefined && this.#open.length === 0) break;
      await changed;
    }
    if ('error' in this.#sourceEnd) throw this.#sourceEnd.error;
    return undefined;
  }

  /** Cancels what is under way, and waits for it. */
  async end(): Promise<void> {
    this.#ended.abort();
    // Not waited for: a source that waits for its sender may never end.
    if (this.#sourceEnd === undefined) void this.#source.return?.().catch(() => undefined);
    await Promise.allSettled(this.#open.map(({ result }) => result));
  }

  #hasRoom(): boolean {
    const { limit, held = 0 } = this.#options;
    const isFull = this.#running >= limit || this.#open.length >= limit + held;
    return !isFull && !this.#isReading && this.#sourceEnd === undefined;
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      const item = await this.#source.next();
      if (item.done === true) this.#sourceEnd = {};
      else if (!this.#ended.signal.aborted) this.#begin(item.value);
    } catch (error) {
      this.#sourceEnd = { error };
    }
    this.#isReading = false;
    this.#change.notify();
  }

  #begin(item: Item): void {
    if (this.#count === 0) this.#isInOrder = this.#options.inOrder(item);
    const result = this.#options.work(item, this.#count++, this.#signal);
    const entry: Entry<Result> = { result, isSettled: false };
    const settle = (): void => {
      entry.isSettled = true;
      this.#running -= 1;
      this.#change.notify();
    };
    this.#open.push(entry);
    this.#running += 1;
    result.then(settle, settle);
  }
}
