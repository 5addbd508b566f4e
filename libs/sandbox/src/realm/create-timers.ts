/** Timers on a clock of their own: time passes only when nothing else is left to do, so no program waits for real. */
export interface VirtualTimers {
  readonly globals: Readonly<Record<string, unknown>>;
  /** What `process.nextTick` does: as in Node, before promises go on. */
  readonly nextTick: (callback: unknown, ...values: unknown[]) => void;
  /** Runs what waits for the next tick, and what is added meanwhile; false when nothing waited. Errors pass through. */
  readonly runTicks: () => boolean;
  /** Runs the ticks, or else the earliest timer; false when nothing is left to wait for. Errors of callbacks pass through. */
  readonly runNext: () => boolean;
}

/** Builds {@link VirtualTimers}. Equal due times run in the order they were set. Runs inside the isolate from its source text. */
export function createTimers(): VirtualTimers {
  type Callback = (...values: unknown[]) => unknown;
  interface Timer {
    readonly callback: Callback;
    readonly values: unknown[];
    readonly delayMs: number;
    readonly isRepeated: boolean;
    dueMs: number;
    /** Whether the program continues for it. */
    isAwaited: boolean;
  }
  const { assign, freeze } = Object;
  const { apply } = Reflect;
  const [promiseType, toNumber, typeErrorType] = [Promise, Number, TypeError];
  const { max } = Math;
  const timers = new Map<number, Timer>();
  // A map, as what waits in a list could be taken by accessors on the prototype of arrays.
  const ticks = new Map<number, () => unknown>();
  let nowMs = 0;
  let lastId = 0;

  const toCallback = (callback: unknown): Callback => {
    if (typeof callback === 'function') return callback as Callback;
    const error = new typeErrorType(
      `The "callback" argument must be of type function. Received ${typeof callback}`,
    );
    throw assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
  };
  const toDelay = (ms: unknown) => {
    const value = toNumber(ms);
    return value >= 1 ? value : 1;
  };

  /** What setting a timer returns. */
  class Timeout {
    readonly #id: number;
    readonly #timer: Timer;
    constructor(timer: Timer) {
      lastId += 1;
      this.#id = lastId;
      this.#timer = timer;
      timers.set(lastId, timer);
      freeze(this);
    }
    static readonly clear = (handle: unknown): void => {
      if (typeof handle !== 'object' || handle === null) timers.delete(toNumber(handle));
      else if (#id in handle) timers.delete(handle.#id);
    };
    ref(): this {
      this.#timer.isAwaited = true;
      return this;
    }
    unref(): this {
      this.#timer.isAwaited = false;
      return this;
    }
    hasRef(): boolean {
      return this.#timer.isAwaited;
    }
    refresh(): this {
      this.#timer.dueMs = nowMs + this.#timer.delayMs;
      return this;
    }
    close(): this {
      timers.delete(this.#id);
      return this;
    }
    [Symbol.toPrimitive](): number {
      return this.#id;
    }
  }
  freeze(Timeout.prototype);
  const { clear } = Timeout;
  const add = (callback: unknown, delayMs: number, { isRepeated = false, values = [] as unknown[] }) =>
    new Timeout({
      ...{ callback: toCallback(callback), values, delayMs, isRepeated },
      ...{ dueMs: nowMs + delayMs, isAwaited: true },
    });

  const nextTick = (callback: unknown, ...values: unknown[]) => {
    const work = toCallback(callback);
    lastId += 1;
    ticks.set(lastId, () => apply(work, undefined, values));
  };
  const runTicks = () => {
    const hadWork = ticks.size > 0;
    for (const [id, work] of ticks) {
      ticks.delete(id);
      work();
    }
    return hadWork;
  };
  const takeEarliest = (): Timer | undefined => {
    let id: number | undefined;
    let next: Timer | undefined;
    let isAwaited = false;
    for (const [candidateId, candidate] of timers) {
      isAwaited ||= candidate.isAwaited;
      if (next === undefined || candidate.dueMs < next.dueMs) [id, next] = [candidateId, candidate];
    }
    if (id === undefined || next === undefined || !isAwaited) return undefined;
    nowMs = max(nowMs, next.dueMs);
    timers.delete(id);
    if (next.isRepeated) {
      next.dueMs = nowMs + next.delayMs;
      timers.set(id, next);
    }
    return next;
  };
  const runNext = () => {
    if (runTicks()) return true;
    const next = takeEarliest();
    if (next === undefined) return false;
    apply(next.callback, undefined, next.values);
    runTicks();
    return true;
  };

  const setTimeout = (callback: unknown, ms?: unknown, ...values: unknown[]) =>
    add(callback, toDelay(ms), { values });
  const setImmediate = (callback: unknown, ...values: unknown[]) => add(callback, 0, { values });
  /** What `util.promisify` makes of the two. */
  const promised = Symbol.for('nodejs.util.promisify.custom');
  assign(setTimeout, {
    [promised]: (ms: unknown, value: unknown) => new promiseType((resolve) => setTimeout(resolve, ms, value)),
  });
  assign(setImmediate, {
    [promised]: (value: unknown) => new promiseType((resolve) => setImmediate(resolve, value)),
  });
  const globals = freeze({
    setTimeout: freeze(setTimeout),
    setInterval: (callback: unknown, ms?: unknown, ...values: unknown[]) =>
      add(callback, toDelay(ms), { isRepeated: true, values }),
    setImmediate: freeze(setImmediate),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    queueMicrotask: (callback: unknown) => {
      void promiseType.resolve().then(toCallback(callback));
    },
  });
  return { globals, nextTick, runTicks, runNext };
}
