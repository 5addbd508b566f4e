/** A call that was told to come back. */
interface SentAway {
  /** How often it will then have been refused. */
  readonly attempts: number;
  /** When it was told to come, and when it is no longer expected, in milliseconds. */
  readonly dueAt: number;
  readonly goneAt: number;
}

/** Calls kept in mind; those beyond it are not waited for. */
const LONGEST_LINE = 4096;
/** How much later than told a call may come: clients add up to a quarter by chance, and the way there takes time. */
const [LATE_SHARE, LATE_MS] = [0.25, 200];

/** The refused calls that are expected back; those refused most often go first. Nobody's name is known, only numbers. */
export class WaitingLine {
  #calls: SentAway[] = [];

  /** Calls due within `withinMs` from `now` on that were refused more often than `attempts` times. */
  expected(attempts: number, { now, withinMs }: { readonly now: number; readonly withinMs: number }): number {
    this.#calls = this.#calls.filter(({ goneAt }) => goneAt > now);
    return this.#calls.filter((call) => call.dueAt <= now + withinMs && call.attempts > attempts).length;
  }

  /** A call was told to come back. */
  sentAway(attempts: number, { now, toldMs }: { readonly now: number; readonly toldMs: number }): void {
    if (this.#calls.length >= LONGEST_LINE) return;
    const dueAt = now + toldMs;
    this.#calls.push({ attempts: attempts + 1, dueAt, goneAt: dueAt + LATE_SHARE * toldMs + LATE_MS });
  }

  /** Nobody is waited for. */
  clear(): void {
    this.#calls = [];
  }

  /** A call that was refused `attempts` times is back, whichever of them it is. */
  cameBack(attempts: number): void {
    const at = this.#calls.findIndex((call) => call.attempts === attempts);
    if (at >= 0) this.#calls.splice(at, 1);
  }
}
