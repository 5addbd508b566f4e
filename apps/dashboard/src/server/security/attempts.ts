/** Counts failures in a window of time, from all callers together: guessing a token is slow from any number of addresses. */
export class Attempts {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  #failedAt: number[] = [];

  /** @param now milliseconds */
  constructor({ limit, windowMs, now }: { limit: number; windowMs: number; now: () => number }) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** When another attempt may be made; 0 for at once. */
  get waitMs(): number {
    const since = this.#now() - this.#windowMs;
    this.#failedAt = this.#failedAt.filter((at) => at > since);
    const [first] = this.#failedAt;
    return first === undefined || this.#failedAt.length < this.#limit ? 0 : first - since;
  }

  fail(): void {
    this.#failedAt.push(this.#now());
  }
}
