import { abortError, throwIfAborted } from './call-options.ts';
import { ANYONE, createFairQueue, type Claim } from './fair-queue.ts';

/** Who waits, and until when. */
export interface Entry {
  readonly signal?: AbortSignal | undefined;
  /** @default ANYONE */
  readonly claim?: Claim | undefined;
}

/** Shares a capacity among callers by their claims, see createFairQueue. */
export interface FairGate {
  /** Callers that wait. */
  readonly waiting: number;
  /**
   * Waits for `weight` units (a weight above the whole capacity counts as all of it).
   * @returns gives the units back; call it once
   * @throws SipfError cancelled or deadline-exceeded when the signal fires first
   */
  enter(weight: number, entry?: Entry): Promise<() => void>;
  /** The same without waiting: undefined where it would have to. */
  tryEnter(weight: number): (() => void) | undefined;
}

/** @param capacity in units, at least 1 */
export function createFairGate(capacity: number): FairGate {
  return new QueuedGate(capacity);
}

interface Waiter {
  readonly weight: number;
  /** Whether its signal has fired. */
  isOver: boolean;
  admit(): void;
}

class QueuedGate implements FairGate {
  waiting = 0;
  readonly #capacity: number;
  readonly #queue = createFairQueue<Waiter>();
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async enter(weight: number, { signal, claim = ANYONE }: Entry = {}): Promise<() => void> {
    throwIfAborted(signal);
    const entered = this.tryEnter(weight);
    if (entered !== undefined) return entered;
    const units = Math.min(weight, this.#capacity);
    await this.#wait(units, claim, signal);
    return this.#leaving(units);
  }

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

  #wait(weight: number, claim: Claim, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        weight,
        isOver: false,
        admit: () => {
          signal?.removeEventListener('abort', abort);
          this.waiting -= 1;
          resolve();
        },
      };
      const abort = (): void => {
        waiter.isOver = true;
        this.waiting -= 1;
        reject(abortError(signal as AbortSignal));
        this.#admit();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.waiting += 1;
      this.#queue.push(waiter, claim, weight);
      // Who claims more than those before it may fit where they do not.
      this.#admit();
    });
  }

  #admit(): void {
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined) return;
      if (!next.isOver && this.#used + next.weight > this.#capacity) return;
      this.#queue.pop();
      if (next.isOver) continue;
      this.#used += next.weight;
      next.admit();
    }
  }
}
