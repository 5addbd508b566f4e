/** Time as the pool sees it; tests may replace it. */
export interface Clock {
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** Calls back about every `periodMs` until the returned function is called. */
  readonly every: (periodMs: number, callback: () => void) => () => void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs);
    return () => {
      clearInterval(timer);
    };
  },
};
