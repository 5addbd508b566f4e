/** Lets a bounded number of pieces of work be under way at the same time; the others wait for their turn, in order. */
export class LimitedWork {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  /** @param limit at least 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether nothing is under way or waits. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Does the work once it is its turn. */
  async do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay < this.#limit) this.#underWay++;
    else {
      // The turn is handed over by whoever ends, so that nobody takes it in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }
}
