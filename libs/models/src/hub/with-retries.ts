import { SipfError } from '@sipf/errors';
import { setTimeout as wait } from 'node:timers/promises';

/** How patient a download is. */
export interface Patience {
  /** Attempts in a row that bring nothing before the download fails, the first one not counted. @default 5 */
  readonly retries?: number;
  /** Before the first further attempt, doubled for each one after it. @default 1000 */
  readonly retryDelayMs?: number;
  /** Longest silence of a connection. @default 30_000 */
  readonly idleTimeoutMs?: number;
}

/** Options of {@link withRetries}. */
export interface RetrySettings extends Patience {
  readonly signal: AbortSignal;
  /** A number that grows as long as attempts bring something. @default attempts bring nothing unless they succeed */
  readonly progress?: () => number;
}

const LONGEST_DELAY_MS = 60_000;

/** Default of {@link Patience.idleTimeoutMs}. */
export const IDLE_TIMEOUT_MS = 30_000;

/**
 * Tries again where an attempt fails as `unavailable`.
 * @throws SipfError the attempt's last; cancelled DOWNLOAD_CANCELLED
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { retries = 5, retryDelayMs = 1000, signal, progress = () => 0 }: RetrySettings,
): Promise<T> {
  let idle = 0;
  for (;;) {
    const before = progress();
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw cancelled(signal);
      idle = progress() > before ? 0 : idle + 1;
      const transient = error instanceof SipfError && error.kind === 'unavailable';
      if (!transient || idle > retries) throw error;
    }
    const delay = Math.min(LONGEST_DELAY_MS, retryDelayMs * 2 ** Math.max(0, idle - 1));
    await wait(delay, undefined, { signal }).catch(() => {
      throw cancelled(signal);
    });
  }
}

function cancelled(signal: AbortSignal): SipfError {
  return new SipfError('cancelled', 'the download was cancelled', {
    reason: 'DOWNLOAD_CANCELLED',
    cause: signal.reason,
  });
}
