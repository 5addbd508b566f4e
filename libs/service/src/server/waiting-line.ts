/** A refused call with a retry hint. */
interface RefusedCall {
  /** Its refusals so far. */
  readonly attempts: number;
  /** When it should return, and when it is no longer expected, in milliseconds. */
  readonly dueAt: number;
  readonly goneAt: number;
}

/** Most calls remembered; further ones are not expected. */
const LONGEST_LINE = 4096;
/** How much later than hinted a call may return: clients add up to a quarter as jitter, and the network takes time. */
const [LATE_SHARE, LATE_MS] = [0.25, 200];

/** The refused calls that are expected back; those refused most often go first. Counts calls without identifying them. */
export class WaitingLine {
  #calls: RefusedCall[] = [];

  /** Calls due within `withinMs` from `now` on that were refused more often than `attempts` times. */
  expected(attempts: number, { now, withinMs }: { readonly now: number; readonly withinMs: number }): number {
    this.#calls = this.#calls.filter(({ goneAt }) => goneAt > now);
    return this.#calls.filter((call) => call.dueAt <= now + withinMs && call.attempts > attempts).length;
  }

  /** Records a refused call. */
  refused(attempts: number, { now, afterMs }: { readonly now: number; readonly afterMs: number }): void {
    if (this.#calls.length >= LONGEST_LINE) return;
    const dueAt = now + afterMs;
    this.#calls.push({ attempts: attempts + 1, dueAt, goneAt: dueAt + LATE_SHARE * afterMs + LATE_MS });
  }

  /** Forgets all refused calls. */
  clear(): void {
    this.#calls = [];
  }

  /** Forgets one call that was refused `attempts` times: it has returned. */
  returned(attempts: number): void {
    const at = this.#calls.findIndex((call) => call.attempts === attempts);
    if (at >= 0) this.#calls.splice(at, 1);
  }
}
