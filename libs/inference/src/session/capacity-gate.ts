import { abortError, throwIfAborted } from './call-options.ts';

/** Shares a capacity among callers in order of arrival. */
export interface CapacityGate {
  /** Callers that wait. */
  readonly waiting: number;
  /**
   * Waits for `weight` units (a weight above the whole capacity counts as all of it).
   * @returns gives the units back; call it once
   * @throws SipfError cancelled or deadline-exceeded when the signal fires first
   */
  enter(weight: number, signal?: AbortSignal): Promise<() => void>;
}

/** @param capacity in units, at least 1 */
export function createCapacityGate(capacity: number): CapacityGate {
  return new FifoGate(capacity);
}

interface Waiter {
  readonly weight: number;
  admit(): void;
}

class FifoGate implements CapacityGate {
  readonly #capacity: number;
  readonly #waiters: Waiter[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  async enter(weight: number, signal?: AbortSignal): Promise<() => void> {
    throwIfAborted(signal);
    const units = Math.min(weight, this.#capacity);
    if (this.#waiters.length > 0 || this.#used + units > this.#capacity) await this.#wait(units, signal);
    else this.#used += units;
    return () => {
      this.#used -= units;
      this.#admit();
    };
  }

  #wait(weight: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        weight,
        admit: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(abortError(signal as AbortSignal));
        this.#admit();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiters[0];
      if (next === undefined || this.#used + next.weight > this.#capacity) return;
      this.#waiters.shift();
      this.#used += next.weight;
      next.admit();
    }
  }
}
