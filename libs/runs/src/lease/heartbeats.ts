import { performance } from 'node:perf_hooks';

/** The times of a lease, in milliseconds. */
export interface LeaseTimes {
  /** Between two heartbeats. */
  readonly beatMs: number;
  /** A holder whose heartbeat has stood still for as long, by the observer's own monotonic clock, is given up. */
  readonly silentMs: number;
}

/** A takeover within 30 s leaves an observer some seconds to look and to begin. */
export const LEASE_TIMES: LeaseTimes = { beatMs: 4000, silentMs: 20_000 };

interface Seen {
  readonly claim: number;
  readonly beat: string;
  readonly at: number;
  /** Whether another one was seen before, of the same claim. */
  readonly isHeard: boolean;
}

/** What one observer has seen of holders. Clocks of two hosts are never compared. */
export class Heartbeats {
  readonly #seen = new Map<string, Seen>();

  /** Notes how a heartbeat stands now. @returns since when it stands so here, and whether its holder was ever heard here */
  look(folder: string, claim: number, beat: string): { readonly stillMs: number; readonly isHeard: boolean } {
    const now = performance.now();
    const before = this.#seen.get(folder);
    const isSame = before?.claim === claim;
    if (isSame && before.beat === beat) return { stillMs: now - before.at, isHeard: before.isHeard };
    const isHeard = isSame;
    this.#seen.set(folder, { claim, beat, at: now, isHeard });
    return { stillMs: 0, isHeard };
  }

  forget(folder: string): void {
    this.#seen.delete(folder);
  }
}
