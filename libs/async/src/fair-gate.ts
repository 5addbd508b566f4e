import { abortError, throwIfAborted } from './call-options.ts';
import { ANYONE, FairQueue, type Claim } from './fair-queue.ts';
import { SharedPlaces } from './shared-places.ts';

/** Who waits, and until when. */
export interface Entry {
  readonly signal?: AbortSignal | undefined;
  /** @default ANYONE */
  readonly claim?: Claim | undefined;
}

interface Waiter {
  readonly units: number;
  readonly claim: Claim;
  admit(leave: () => void): void;
}

/** Shares a capacity among callers by their claims, see FairQueue and SharedPlaces. */
export class FairGate {
  readonly #capacity: number;
  readonly #places: SharedPlaces;
  readonly #queue = new FairQueue<Waiter>();

  /**
   * @param capacity in units, at least 1
   * @param most with what is kept for clients and priorities that have nothing. @default capacity
   */
  constructor(capacity: number, most?: number) {
    this.#capacity = capacity;
    this.#places = new SharedPlaces(capacity, most);
  }

  /** Callers that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits for `weight` units (a weight above the whole capacity counts as all of it).
   * @returns gives the units back; call it once
   * @throws SipfError cancelled or deadline-exceeded when the signal fires first
   */
  async enter(weight: number, { signal, claim = ANYONE }: Entry = {}): Promise<() => void> {
    throwIfAborted(signal);
    return this.tryEnter(weight, claim) ?? (await this.#wait(weight, claim, signal));
  }

  /** The same without waiting: undefined where it would have to. */
  tryEnter(weight: number, claim: Claim = ANYONE): (() => void) | undefined {
    const units = Math.min(weight, this.#capacity);
    const isFree = this.waiting === 0 && this.#places.isFree(units);
    const isKept = (): boolean => this.#queue.sizeOf(claim) === 0 && this.#places.keeps(units, claim);
    return isFree || isKept() ? this.#take(units, claim) : undefined;
  }

  #take(units: number, claim: Claim): () => void {
    const leave = this.#places.take(units, claim);
    return () => {
      leave();
      this.#admit();
    };
  }

  #wait(weight: number, claim: Claim, signal: AbortSignal | undefined): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        units: Math.min(weight, this.#capacity),
        claim,
        admit: (leave) => {
          signal?.removeEventListener('abort', abort);
          resolve(leave);
        },
      };
      const abort = (): void => {
        this.#queue.remove(waiter, claim);
        reject(abortError(signal as AbortSignal));
        this.#admit();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(waiter, claim, waiter.units);
      // Who claims more than those before it may fit where they do not.
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      const { units, claim } = next;
      if (!this.#places.isFree(units) && !this.#places.keeps(units, claim)) return;
      this.#queue.pop();
      next.admit(this.#take(units, claim));
    }
  }
}
