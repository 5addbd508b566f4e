import { WaitingLine } from './waiting-line.ts';

/**
 * Counts the calls of a service and tells those that are too many when to come back. Whoever was told, and comes back as
 * told, finds a place: up to half of the places are kept from those who came later.
 */
export interface Admission {
  /** Whether `enter` would find a place. @param attempts how often the call was refused before. @default 0 */
  hasRoom(attempts?: number): boolean;
  /** Takes a place. @returns gives it back, once; undefined where there is none */
  enter(attempts?: number): (() => void) | undefined;
  /** Refuses a call. @returns when a place is likely to be free for it, in milliseconds */
  refuse(attempts?: number): number;
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
/** Share of the places that is kept for those who were told to come. */
const KEPT_SHARE = 0.5;

/** @see Admission */
export function createAdmission({ maxCalls, now, random }: AdmissionOptions): Admission {
  const line = new WaitingLine();
  const mostKept = Math.floor(KEPT_SHARE * maxCalls);
  let active = 0;
  let endedAt = now();
  /** Running mean of the time between the ends of two calls. */
  let gapMs = 0;
  const hasRoom = (attempts = 0): boolean =>
    active + Math.min(mostKept, line.expected(attempts, { now: now(), withinMs: gapMs })) < maxCalls;
  const leave = (): void => {
    // The time without calls says nothing of how long one takes.
    if (active === maxCalls) gapMs += NEWEST_SHARE * (now() - endedAt - gapMs);
    endedAt = now();
    active -= 1;
    // Where every place is free nobody has to be kept one.
    if (active === 0) line.clear();
  };
  return {
    hasRoom,
    enter: (attempts = 0) => {
      if (!hasRoom(attempts)) return undefined;
      line.cameBack(attempts);
      active += 1;
      let isInside = true;
      return () => {
        if (isInside) leave();
        isInside = false;
      };
    },
    refuse: (attempts = 0) => {
      line.cameBack(attempts);
      const ahead = line.expected(attempts, { now: now(), withinMs: Infinity });
      const afterMs = Math.min(Math.max(SOONEST, gapMs * (ahead + 1)), LATEST);
      const toldMs = Math.round(afterMs * (1 + random() / 4));
      line.sentAway(attempts, { now: now(), toldMs });
      return toldMs;
    },
  };
}
