import { ANYONE, FairQueue, SharedPlaces, type Claim } from '@sipf/async';
import { WaitingLine } from './waiting-line.ts';

/**
 * Counts the calls of a service that have work, and gives a retry hint to those beyond its limit. A caller who returns when hinted
 * finds a slot: up to half of the slots are reserved for them. Clients and priorities that have none keep a place (SharedPlaces).
 */
export interface Admission {
  /** Whether `enter` would find a slot for somebody. @param attempts earlier refusals of the call. @default 0 */
  hasRoom(attempts?: number): boolean;
  /** Takes a slot. @returns a function that frees it, once; undefined where none is free */
  enter(attempts?: number, claim?: Claim): (() => void) | undefined;
  /** Calls `entered` with a slot in the caller's turn. @returns ends the wait */
  wait(claim: Claim, entered: (leave: () => void) => void): () => void;
  /** Refuses a call. @returns the milliseconds after which a slot is likely to be free for it */
  refuse(attempts?: number): number;
}

/** The bound of an admission, its clock and its source of chance. */
export interface AdmissionOptions {
  readonly maxCalls: number;
  /** Milliseconds from any fixed time. */
  readonly now: () => number;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
}

/** Bounds of the retry hint, in milliseconds and before the jitter. */
const [SOONEST, LATEST] = [100, 5000];
/** Weight of the latest gap between two ends in the running mean. */
const NEWEST_SHARE = 0.1;
/** Share of the slots that may be reserved for returning callers. */
const KEPT_SHARE = 0.5;

/** @see Admission */
export function createAdmission(options: AdmissionOptions): Admission {
  return new SlotAdmission(options);
}

/** A call of a stream that waits for a slot. */
interface Waiter {
  readonly claim: Claim;
  readonly entered: (leave: () => void) => void;
}

class SlotAdmission implements Admission {
  readonly #options: AdmissionOptions;
  readonly #line = new WaitingLine();
  readonly #streams = new FairQueue<Waiter>();
  readonly #places: SharedPlaces;
  #endedAt: number;
  /** Running mean of the time between the ends of two calls. */
  #gapMs = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#places = SharedPlaces.ofCalls(options.maxCalls);
    this.#endedAt = options.now();
  }

  hasRoom(attempts = 0): boolean {
    return this.#isFree(attempts) || this.#places.hasBeyond;
  }

  enter(attempts = 0, claim: Claim = ANYONE): (() => void) | undefined {
    if (!this.#isFree(attempts) && !this.#places.keeps(1, claim)) return undefined;
    this.#line.returned(attempts);
    return this.#take(claim);
  }

  wait(claim: Claim, entered: (leave: () => void) => void): () => void {
    const waiter = { claim, entered };
    this.#streams.push(waiter, claim);
    this.#admit();
    return () => {
      this.#streams.remove(waiter, claim);
      this.#admit();
    };
  }

  refuse(attempts = 0): number {
    const { now, random } = this.#options;
    this.#line.returned(attempts);
    const ahead = this.#line.expected(attempts, { now: now(), withinMs: Infinity });
    const afterMs = Math.min(Math.max(SOONEST, this.#gapMs * (ahead + 1)), LATEST);
    const hintMs = Math.round(afterMs * (1 + random() / 4));
    this.#line.refused(attempts, { now: now(), afterMs: hintMs });
    return hintMs;
  }

  /** Whether a slot is free that is not reserved for others. */
  #isFree(attempts: number): boolean {
    const { maxCalls, now } = this.#options;
    const expected = this.#line.expected(attempts, { now: now(), withinMs: this.#gapMs });
    return this.#places.isFree(1 + Math.min(Math.floor(KEPT_SHARE * maxCalls), expected));
  }

  #take(claim: Claim): () => void {
    const give = this.#places.take(1, claim);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#leave(give);
    };
  }

  #leave(give: () => void): void {
    const now = this.#options.now();
    // Gaps while slots are free say nothing about the time that a call takes.
    if (!this.#places.isFree(1)) this.#gapMs += NEWEST_SHARE * (now - this.#endedAt - this.#gapMs);
    this.#endedAt = now;
    give();
    // With all slots free no reservation is needed.
    if (this.#places.taken === 0) this.#line.clear();
    this.#admit();
  }

  /** Lets streams in that wait, in their turn. */
  #admit(): void {
    for (let next = this.#streams.peek(); next !== undefined; next = this.#streams.peek()) {
      if (!this.#isFree(0) && !this.#places.keeps(1, next.claim)) return;
      this.#streams.pop();
      next.entered(this.#take(next.claim));
    }
  }
}
