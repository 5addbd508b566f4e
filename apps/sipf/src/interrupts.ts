/** Within this time of the first, a signal is the same one: npm and shells pass on what the terminal has sent already. */
const ECHO_MS = 400;

/** What a person wants who presses Ctrl-C. */
export interface Interrupts {
  /** To be called for every signal. */
  readonly hear: () => void;
  /** Aborts at the first. */
  readonly cancelled: AbortSignal;
  /** Aborts at the second. */
  readonly killed: AbortSignal;
}

/** @param now milliseconds */
export function createInterrupts(now: () => number): Interrupts {
  const cancelled = new AbortController();
  const killed = new AbortController();
  let firstAt = Infinity;
  return {
    cancelled: cancelled.signal,
    killed: killed.signal,
    hear: () => {
      if (!cancelled.signal.aborted) {
        firstAt = now();
        cancelled.abort();
      } else if (now() - firstAt > ECHO_MS) killed.abort();
    },
  };
}
