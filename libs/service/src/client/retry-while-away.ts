import { isStorageTrouble, SipfError } from '@sipf/errors';
import { delay } from 'abort-controller-x';

/** How a call is repeated. */
export interface Patience {
  /** How long a service may be away, or full, without any sign of life before it is given up. @default 30 minutes */
  readonly patienceMs?: number;
  /** Wait before the second attempt; it doubles, up to 15 s. @default 250 */
  readonly firstDelayMs?: number;
  /** Called before every wait. */
  readonly onWait?: ((error: SipfError) => void) | undefined;
}

const PATIENCE_MS = 1_800_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;

/**
 * Repeats a call while its service is away or full: a service that is restarted, however often, is no reason to fail a run of
 * days, as long as it gets on between. Waits as long as the service asked for, or twice as long each time.
 * @param call is given what to call at every sign of life: patience and waits begin anew
 */
export async function retryWhileAway<T>(
  signal: AbortSignal,
  call: (alive: () => void) => Promise<T>,
  { patienceMs = PATIENCE_MS, firstDelayMs = FIRST_DELAY_MS, onWait }: Patience = {},
): Promise<T> {
  let waitMs = firstDelayMs;
  let sinceMs = performance.now();
  const alive = (): void => {
    waitMs = firstDelayMs;
    sinceMs = performance.now();
  };
  for (;;) {
    try {
      return await call(alive);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || performance.now() - sinceMs >= patienceMs) throw error;
      onWait?.(error);
      await delay(signal, error.retryAfterMs ?? waitMs);
      waitMs = Math.min(2 * waitMs, LONGEST_DELAY_MS);
    }
  }
}

/** Whether a call had more in it than the service takes at once. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'MESSAGE_TOO_LARGE';
}

function isPassing(error: unknown): error is SipfError {
  // Room on a disk is waited for with the whole stage, for as long as it takes.
  if (!(error instanceof SipfError) || isStorageTrouble(error) || isTooLarge(error)) return false;
  return error.kind === 'unavailable' || error.kind === 'resource-exhausted';
}
