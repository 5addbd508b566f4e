import type { Claim } from './fair-queue.ts';

/** Of the places, as a part, what a priority may have when all are taken. */
const KEPT_SHARE = 1 / 8;
/** A call that waits costs little: of clients with one each there may be so many times as many. */
const TIMES_CALLS = 4;

/**
 * Places that callers share, and how many of them each has. Whoever comes takes what is free. When all are taken, every client and
 * priority still keeps a place: a client that has none, or a priority that has less than an eighth, gets one beyond.
 */
export class SharedPlaces {
  readonly #capacity: number;
  readonly #most: number;
  readonly #byPriority = { interactive: 0, bulk: 0 };
  readonly #byClient = new Map<string, number>();
  #taken = 0;

  /**
   * @param capacity in units, at least 1
   * @param most with those beyond. @default capacity: no places are kept
   */
  constructor(capacity: number, most: number = capacity) {
    this.#capacity = capacity;
    this.#most = most;
  }

  /** Places for calls. @param maxCalls of those who have more than one */
  static ofCalls(maxCalls: number): SharedPlaces {
    return new SharedPlaces(maxCalls, TIMES_CALLS * maxCalls);
  }

  /** Units that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether so much is free. */
  isFree(units: number): boolean {
    return this.#taken + units <= this.#capacity;
  }

  /** Whether there are places for those who have none, beyond the capacity. */
  get hasBeyond(): boolean {
    return this.#most > this.#capacity && this.#taken < this.#most;
  }

  /** Whether a caller has a place though none is free. */
  keeps(units: number, claim: Claim): boolean {
    if (this.#most === this.#capacity || this.#taken + units > this.#most) return false;
    const ofPriority = this.#byPriority[claim.priority] + units;
    return ofPriority <= KEPT_SHARE * this.#capacity || !this.#byClient.has(keyOf(claim));
  }

  /** Takes places, whether they are free or not. @returns gives them back; call it once */
  take(units: number, claim: Claim): () => void {
    const client = keyOf(claim);
    const change = (by: number): void => {
      this.#taken += by;
      this.#byPriority[claim.priority] += by;
      const left = (this.#byClient.get(client) ?? 0) + by;
      if (left === 0) this.#byClient.delete(client);
      else this.#byClient.set(client, left);
    };
    change(units);
    return () => {
      change(-units);
    };
  }
}

function keyOf({ priority, clientId }: Claim): string {
  return `${priority} ${clientId}`;
}
