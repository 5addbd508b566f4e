import { FairGate, type Claim } from '@sipf/async';
import { SipfError } from '@sipf/errors';

/** Most rows of all calls of a verifier: some hundred megabytes of tokens where they are long. */
const MAX_ROWS = 32_768;
/** Kept beyond for clients and priorities that have none: a quarter as many. */
const WITH_KEPT = 1.25;
/** Retry hint of a request that found no room, in milliseconds. */
const RETRY_AFTER_MS = 1000;

/** How to treat a request's rows. */
export interface RowsCall {
  readonly signal: AbortSignal;
  /** Whether a request that finds no room is refused, or waits as requests of a stream do. */
  readonly isRefused: boolean;
}

/** Bounds a verifier's work in rows, from before they are read until they are scored. */
export class RowRoom {
  readonly #gate: FairGate;

  /** @param maxRows in all; a request with more takes all of it */
  constructor(maxRows = MAX_ROWS) {
    this.#gate = new FairGate(maxRows, WITH_KEPT * maxRows);
  }

  /**
   * Takes room for a request's rows before they are read.
   * @returns a function that gives the room back; call it once
   * @throws SipfError resource-exhausted QUEUE_FULL; cancelled and deadline-exceeded while it waits
   */
  async enter(
    rows: number,
    { isRefused, signal, claim }: RowsCall & { readonly claim: Claim },
  ): Promise<() => void> {
    if (!isRefused) return await this.#gate.enter(rows, { signal, claim });
    const leave = this.#gate.tryEnter(rows, claim);
    if (leave !== undefined) return leave;
    throw new SipfError('resource-exhausted', 'as many rows wait as may', {
      reason: 'QUEUE_FULL',
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}
