/** Counts the calls of a service and tells those that are too many when to come back. */
export interface Admission {
  /** Whether `enter` would find no place. */
  readonly isFull: boolean;
  /** Takes a place. @returns gives it back, once; undefined where there is none */
  enter(): (() => void) | undefined;
  /** When a refused call is likely to find a place, in milliseconds; each is told another time. */
  retryAfterMs(): number;
}

/** How an admission is bounded and what it looks at. */
export interface AdmissionOptions {
  readonly maxCalls: number;
  /** Milliseconds from any fixed time. */
  readonly now: () => number;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
}

/** Bounds of what a refused call is told, in milliseconds and before the jitter. */
const [SOONEST, LATEST] = [100, 5000];
/** Share of the latest time between two ends in the running mean. */
const NEWEST_SHARE = 0.1;

/** @see Admission */
export function createAdmission({ maxCalls, now, random }: AdmissionOptions): Admission {
  let active = 0;
  let endedAt = now();
  /** Running mean of the time between the ends of two calls. */
  let gapMs = 0;
  /** When the next place is free that no refused call was sent away to wait for. */
  let freeAt = 0;
  return {
    get isFull() {
      return active >= maxCalls;
    },
    enter: () => {
      if (active >= maxCalls) return undefined;
      active += 1;
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        // The time without calls says nothing of how long one takes.
        if (active === maxCalls) gapMs += NEWEST_SHARE * (now() - endedAt - gapMs);
        endedAt = now();
        active -= 1;
      };
    },
    // Refused calls stand in a line that moves as calls end, so that they come back as places become free and not all at once.
    retryAfterMs: () => {
      const time = now();
      freeAt = Math.min(Math.max(freeAt, time) + gapMs, time + LATEST);
      return Math.round(Math.max(SOONEST, freeAt - time) * (1 + random() / 4));
    },
  };
}
