/** Timers on a clock of their own: time passes only when nothing else is left to do, so no program waits for real. */
export interface VirtualTimers {
  readonly globals: Readonly<Record<string, unknown>>;
  /** Runs the earliest timer; false when none is left. Errors of the callback pass through. */
  readonly runNext: () => boolean;
}

/** Builds {@link VirtualTimers}. Equal due times run in the order they were set. Runs inside the isolate from its source text. */
export function createTimers(): VirtualTimers {
  interface Timer {
    readonly callback: (...values: unknown[]) => unknown;
    readonly values: unknown[];
    readonly everyMs: number | undefined;
    dueMs: number;
  }
  const { freeze } = Object;
  const { apply } = Reflect;
  const [promiseType, toNumber, typeErrorType] = [Promise, Number, TypeError];
  const { max } = Math;
  const timers = new Map<number, Timer>();
  let nowMs = 0;
  let lastId = 0;

  const delay = (ms: unknown) => {
    const value = toNumber(ms);
    return value >= 1 ? value : 1;
  };
  const add = (callback: unknown, everyMs: number | undefined, dueMs: number, values: unknown[]) => {
    if (typeof callback !== 'function') throw new typeErrorType('the callback of a timer must be a function');
    lastId += 1;
    timers.set(lastId, { callback: callback as Timer['callback'], values, everyMs, dueMs });
    return lastId;
  };
  const clear = (id: unknown) => {
    timers.delete(id as number);
  };
  const runNext = () => {
    let id: number | undefined;
    let next: Timer | undefined;
    for (const [candidateId, candidate] of timers) {
      if (next === undefined || candidate.dueMs < next.dueMs) [id, next] = [candidateId, candidate];
    }
    if (id === undefined || next === undefined) return false;
    nowMs = max(nowMs, next.dueMs);
    timers.delete(id);
    if (next.everyMs !== undefined) {
      next.dueMs = nowMs + next.everyMs;
      timers.set(id, next);
    }
    apply(next.callback, undefined, next.values);
    return true;
  };
  const globals = freeze({
    setTimeout: (callback: unknown, ms?: unknown, ...values: unknown[]) =>
      add(callback, undefined, nowMs + delay(ms), values),
    setInterval: (callback: unknown, ms?: unknown, ...values: unknown[]) =>
      add(callback, delay(ms), nowMs + delay(ms), values),
    setImmediate: (callback: unknown, ...values: unknown[]) => add(callback, undefined, nowMs, values),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    queueMicrotask: (callback: () => unknown) => {
      void promiseType.resolve().then(callback);
    },
  });
  return { globals, runNext };
}
