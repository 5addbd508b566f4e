import {
  ANYONE,
  type CallOptions,
  callSignal,
  type Claim,
  type FairGate,
  ItemQueue,
  SharedPlaces,
} from '@sipf/async';
import { SipfError } from '@sipf/errors';

/** The work of a call. */
export interface CallWork<Item> {
  /** What there is to do, read no faster than it can be done; a call that is cancelled waits for the next one. */
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  /** Where an item waits for its turn; it leaves when it is done. */
  readonly gate: FairGate;
  /** Of an item, in the units of the gate. @default 1 */
  readonly weightOf?: (item: Item) => number;
  /** Whose turn it is when several calls wait. @default anyone's */
  readonly claim?: Claim | undefined;
  /** Does an item's work and pushes its results; items run side by side, and the first failure is the call's. */
  readonly run: (item: Item) => Promise<void>;
}

/** One open call, seen by its work. */
export interface OpenCall<Result> {
  readonly results: Pick<ItemQueue<Result>, 'push'>;
  /** Fires when the call is cancelled or any part of its work has failed. */
  readonly signal: AbortSignal;
}

/** The open calls of a model, or of one adapter of it: they are counted together and end together. */
export class OpenCalls {
  readonly #closing = new AbortController();
  readonly #open = new Set<Promise<void>>();
  readonly #limit: number;
  readonly #places: SharedPlaces;
  readonly #within: OpenCalls | undefined;

  /**
   * @param options.limit calls that may be open at once; a further one of who has one fails (SharedPlaces). @default no limit
   * @param options.within calls that these are a part of
   */
  constructor({ limit = Infinity, within }: { readonly limit?: number; readonly within?: OpenCalls } = {}) {
    this.#limit = limit;
    this.#places = SharedPlaces.ofCalls(limit);
    this.#within = within;
  }

  /**
   * Streams what a call's work pushes. The call is cancelled by its options, by a reader that leaves, and by `close`.
   * @throws SipfError resource-exhausted TOO_MANY_CALLS; cancelled, deadline-exceeded; whatever the work throws
   */
  async *stream<Item, Result>(
    options: CallOptions,
    workOf: (call: OpenCall<Result>) => CallWork<Item>,
  ): AsyncGenerator<Result, void, undefined> {
    const all = this.#withOuter();
    const left = new AbortController();
    const ends = [left.signal, ...all.map((calls) => calls.#closing.signal)];
    const own = callSignal(options);
    const call = new RunningCall<Result>(AbortSignal.any(own === undefined ? ends : [...ends, own]));
    const work = workOf(call);
    const claim = work.claim ?? ANYONE;
    for (const calls of all) calls.#checkRoom(claim);
    const leaves = all.map((calls) => calls.#places.take(1, claim));
    const served = call.serve(work);
    for (const calls of all) calls.#open.add(served);
    try {
      yield* call.results;
    } finally {
      left.abort();
      await served;
      for (const calls of all) calls.#open.delete(served);
      for (const leave of leaves) leave();
    }
  }

  /** Cancels the open calls, and those that are still made; resolves when all have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#open);
  }

  #withOuter(): readonly OpenCalls[] {
    return this.#within === undefined ? [this] : [this, ...this.#within.#withOuter()];
  }

  #checkRoom(claim: Claim): void {
    if (this.#places.isFree(1) || this.#places.keeps(1, claim)) return;
    throw new SipfError('resource-exhausted', `${this.#limit} calls are open already`, {
      reason: 'TOO_MANY_CALLS',
      retryAfterMs: 1000,
    });
  }
}

/** Results a slow reader may leave unread before its call takes no further work. */
const UNREAD_LIMIT = 4096;

/** The work that a call has handed out, and the results that nobody has read yet. */
class RunningCall<Result> implements OpenCall<Result> {
  readonly results = new ItemQueue<Result>();
  readonly signal: AbortSignal;
  readonly #failed = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failed.signal]);
  }

  /** Ends the results when all work has ended; never rejects. */
  async serve<Item>(work: CallWork<Item>): Promise<void> {
    await this.#handOut(work).catch((error: unknown) => {
      this.#fail(error);
    });
    await Promise.all(this.#running);
    this.results.end();
  }

  async #handOut<Item>({ items, gate, weightOf, claim, run }: CallWork<Item>): Promise<void> {
    for await (const item of items) {
      await this.results.roomUnder(UNREAD_LIMIT);
      const leave = await gate.enter(weightOf?.(item) ?? 1, { signal: this.signal, claim });
      this.#start(run(item).finally(leave));
    }
  }

  #start(work: Promise<void>): void {
    const settled: Promise<void> = work
      .catch((error: unknown) => {
        this.#fail(error);
      })
      .finally(() => this.#running.delete(settled));
    this.#running.add(settled);
  }

  #fail(error: unknown): void {
    this.results.fail(error);
    this.#failed.abort(error);
  }
}
