import { SipfError } from '@sipf/errors';
import { delay } from 'abort-controller-x';

/** How long a service may be away before a run gives up on it. */
const ATTEMPTS = 8;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;

/**
 * Repeats a call while its service is away or full: a service that is restarted is no reason to fail a run of days.
 * Waits as long as the service asked for, or twice as long each time.
 */
export async function retryWhileAway<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= ATTEMPTS || !isPassing(error)) throw error;
      const backoffMs = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
      await delay(signal, error.retryAfterMs ?? backoffMs);
    }
  }
}

function isPassing(error: unknown): error is SipfError {
  return error instanceof SipfError && (error.kind === 'unavailable' || error.kind === 'resource-exhausted');
}
