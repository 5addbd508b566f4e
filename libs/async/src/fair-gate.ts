import { abortError, throwIfAborted } from './call-options.ts';
import { ANYONE, FairQueue, type Claim } from './fair-queue.ts';

/** Who waits, and until when. */
export interface Entry {
  readonly signal?: AbortSignal | undefined;
  /** @default ANYONE */
  readonly claim?: Claim | undefined;
}

interface Waiter {
  readonly units: number;
  admit(): void;
}

/** Shares a capacity among callers by their claims, see FairQueue. */
export class FairGate {
  readonly #capacity: number;
  readonly #queue = new FairQueue<Waiter>();
  #used = 0;

  /** @param capacity in units, at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
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
    const entered = this.tryEnter(weight);
    if (entered !== undefined) return entered;
    const units = Math.min(weight, this.#capacity);
    await this.#wait(units, claim, signal);
    return this.#leaving(units);
  }

  /** The same without waiting: undefined where it would have to. */
  tryEnter(weight: number): (() => void) | undefined {
    const units = Math.min(weight, this.#capacity);
    if (this.waiting > 0 || this.#used + units > this.#capacity) return undefined;
    this.#used += units;
    return this.#leaving(units);
  }

  #leaving(units: number): () => void {
    return () => {
      this.#used -= units;
      this.#admit();
    };
  }

  #wait(units: number, claim: Claim, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        units,
        admit: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = (): void => {
        this.#queue.remove(waiter, claim);
        reject(abortError(signal as AbortSignal));
        this.#admit();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(waiter, claim, units);
      // Who claims more than those before it may fit where they do not.
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      if (this.#used + next.units > this.#capacity) return;
      this.#queue.pop();
      this.#used += next.units;
      next.admit();
    }
  }
}
