/** Shortest limit of an attempt: a replica may have to fetch and load the model first. */
const LEAST_MS = 300_000;
/** How much longer than the slowest of the latest calls an attempt may take, work for work. */
const LONGER = 10;
/** Calls that are remembered. */
const LATEST = 16;

/** How fast a service answers calls, queue and all, and how long an attempt may take therefore. */
export class Pace {
  readonly #leastMs: number;
  readonly #msPerWork: number[] = [];

  constructor(leastMs = LEAST_MS) {
    this.#leastMs = leastMs;
  }

  /** @param work of a call that was answered, in any unit that grows with its time */
  note(work: number, ms: number): void {
    this.#msPerWork.push(ms / Math.max(1, work));
    if (this.#msPerWork.length > LATEST) this.#msPerWork.shift();
  }

  /**
   * In milliseconds; infinite while nothing was measured.
   * @param missed attempts of the call that had too little time: each next one has twice as much
   */
  limitOf(work: number, missed: number): number {
    if (this.#msPerWork.length === 0) return Infinity;
    const expectedMs = Math.max(1, work) * Math.max(...this.#msPerWork);
    return Math.max(this.#leastMs, LONGER * expectedMs) * 2 ** missed;
  }
}
