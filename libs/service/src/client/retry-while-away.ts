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
  /**
   * Called with the latest reason once work has waited for so long that somebody should hear of it; what it returns is called when
   * the work goes on, or ends.
   */
  readonly onSilence?: ((error: SipfError) => () => void) | undefined;
  /** How long work waits before that. @default 10 s for a service that is away, 30 s for a full one */
  readonly silentMs?: number;
}

const PATIENCE_MS = 1_800_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** A service that is full is at work, and refuses many who then need not wait long. */
const [AWAY_MS, FULL_MS] = [10_000, 30_000];

/**
 * Repeats a call while its service is away or full: a service that is restarted, however often, is no reason to fail a run of
 * days, as long as it gets on between. Waits as long as the service asked for, or twice as long each time.
 * @param call is given what to call at every sign of life: patience and waits begin anew; and what to call where it hears again
 * what it has heard before: nobody is silent then
 */
export async function retryWhileAway<T>(
  signal: AbortSignal,
  call: (alive: () => void, heard: () => void) => Promise<T>,
  { patienceMs = PATIENCE_MS, firstDelayMs = FIRST_DELAY_MS, onWait, ...said }: Patience = {},
): Promise<T> {
  let waitMs = firstDelayMs;
  let sinceMs = performance.now();
  const silence = new Silence(said);
  const heard = (): void => {
    silence.end();
  };
  const alive = (): void => {
    waitMs = firstDelayMs;
    sinceMs = performance.now();
    heard();
  };
  try {
    for (;;) {
      try {
        return await call(alive, heard);
      } catch (error) {
        signal.throwIfAborted();
        if (!isPassing(error) || performance.now() - sinceMs >= patienceMs) throw error;
        onWait?.(error);
        silence.begin(error);
        await delay(signal, error.retryAfterMs ?? waitMs);
        waitMs = Math.min(2 * waitMs, LONGEST_DELAY_MS);
      }
    }
  } finally {
    silence.end();
  }
}

/**
 * An attempt with a limit of its own, in {@link retryWhileAway}: who does not answer within it is away, as far as one can tell,
 * and is asked again, where there are several another of them. A call's whole time, which its caller set, is no such limit.
 */
export async function attemptOf<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (!(cause instanceof SipfError && cause.kind === 'deadline-exceeded')) throw cause;
    throw new SipfError('unavailable', `no answer in time: ${cause.message}`, {
      reason: 'CONNECTION_LOST',
      cause,
    });
  }
}

/** The time from a first failure to the next sign of life, made known where it is long. */
class Silence {
  readonly #said: Pick<Patience, 'onSilence' | 'silentMs'>;
  #why: SipfError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over: (() => void) | undefined;

  constructor(said: Pick<Patience, 'onSilence' | 'silentMs'>) {
    this.#said = said;
  }

  begin(error: SipfError): void {
    this.#why = error;
    const { silentMs = error.kind === 'unavailable' ? AWAY_MS : FULL_MS } = this.#said;
    this.#timer ??= setTimeout(() => {
      this.#over = this.#why && this.#said.onSilence?.(this.#why);
    }, silentMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#over?.();
    this.#over = undefined;
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
