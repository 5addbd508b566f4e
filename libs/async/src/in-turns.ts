import { setImmediate } from 'node:timers/promises';

/** How long work continues before others get their turn, in milliseconds. */
const TURN_MS = 8;

/**
 * Gives items one by one; whenever the work on them has held the thread for some milliseconds, whatever else waits (other
 * calls, health checks, this call's cancellation) is let through first.
 * @throws the signal's reason once it has aborted
 */
export async function* inTurns<T>(items: Iterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  let turnEndsAt = performance.now() + TURN_MS;
  for (const item of items) {
    if (performance.now() > turnEndsAt) {
      await setImmediate();
      turnEndsAt = performance.now() + TURN_MS;
    }
    signal.throwIfAborted();
    yield item;
  }
}
