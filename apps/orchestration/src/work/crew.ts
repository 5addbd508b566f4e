import { ChangeSignal } from '@sipf/async';

/** Between two looks at how many are to be at work. */
const LOOK_MS = 2000;

/** What a crew works on. */
export interface CrewOptions<T> {
  /** What is next; undefined where nothing is left. */
  readonly take: () => T | undefined;
  readonly work: (taken: T, signal: AbortSignal) => Promise<void>;
  /** How many are to be at work; asked again and again. */
  readonly size: () => number;
  readonly signal: AbortSignal;
  readonly lookMs?: number;
}

/**
 * Works on one thing after the other, on as many at once as are to be at the time: who is one too many ends what it has in hand
 * and takes nothing more.
 * @throws the first failure, once all others have stopped
 */
export async function workInCrew<T>(options: CrewOptions<T>): Promise<void> {
  const { take, work, lookMs = LOOK_MS } = options;
  const size = (): number => Math.max(1, options.size());
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const change = new ChangeSignal();
  let [atWork, isOver] = [0, false];
  const next = (): T | undefined => {
    const taken = isOver ? undefined : take();
    isOver ||= taken === undefined;
    return taken;
  };
  const member = async (): Promise<void> => {
    atWork += 1;
    try {
      while (atWork <= size()) {
        const taken = next();
        if (taken === undefined) return;
        signal.throwIfAborted();
        await work(taken, signal);
      }
    } catch (error) {
      // The first failure is the cause; what the others say is only that they were stopped.
      isOver = true;
      stop.abort(error);
    } finally {
      atWork -= 1;
      change.notify();
    }
  };
  const timer = setInterval(() => {
    change.notify();
  }, lookMs);
  try {
    for (;;) {
      while (!isOver && atWork < size()) void member();
      if (atWork === 0) break;
      await change.changed;
    }
  } finally {
    clearInterval(timer);
  }
  stop.signal.throwIfAborted();
}
