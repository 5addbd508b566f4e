import { WaitingLine } from './waiting-line.ts';

/**
 * Counts the calls of a service and gives a retry hint to those beyond its limit. A caller who returns when hinted finds a slot:
 * up to half of the slots are reserved for them.
 */
export interface Admission {
  /** Whether `enter` would find a slot. @param attempts earlier refusals of the call. @default 0 */
  hasRoom(attempts?: number): boolean;
  /** Takes a slot. @returns a function that frees it, once; undefined where none is free */
  enter(attempts?: number): (() => void) | undefined;
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
    // Gaps while slots are free say nothing about the time that a call takes.
    if (active === maxCalls) gapMs += NEWEST_SHARE * (now() - endedAt - gapMs);
    endedAt = now();
    active -= 1;
    // With all slots free no reservation is needed.
    if (active === 0) line.clear();
  };
  return {
    hasRoom,
    enter: (attempts = 0) => {
      if (!hasRoom(attempts)) return undefined;
      line.returned(attempts);
      active += 1;
      let isInside = true;
      return () => {
        if (isInside) leave();
        isInside = false;
      };
    },
    refuse: (attempts = 0) => {
      line.returned(attempts);
      const ahead = line.expected(attempts, { now: now(), withinMs: Infinity });
      const afterMs = Math.min(Math.max(SOONEST, gapMs * (ahead + 1)), LATEST);
      const hintMs = Math.round(afterMs * (1 + random() / 4));
      line.refused(attempts, { now: now(), afterMs: hintMs });
      return hintMs;
    },
  };
}
