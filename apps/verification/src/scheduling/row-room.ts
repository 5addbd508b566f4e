import { FairGate, type Claim } from '@sipf/async';
import { SipfError } from '@sipf/errors';

/** Rows of all calls of a verifier: some hundred megabytes of tokens where they are long. */
const MAX_ROWS = 32_768;
/** When a request that found no room is worth repeating, in milliseconds. */
const RETRY_AFTER_MS = 1000;

/** How a request's rows are treated. */
export interface RowsCall {
  readonly signal: AbortSignal;
  /** What becomes of a request that finds no room: it is refused, or waits as requests of a stream do. */
  readonly isRefused: boolean;
}

/** The one bound of a verifier's work: rows, from before they are read until they are scored. */
export class RowRoom {
  readonly #gate: FairGate;

  /** @param maxRows in all; a request with more takes all of it */
  constructor(maxRows = MAX_ROWS) {
    this.#gate = new FairGate(maxRows);
  }

  /**
   * Takes room for a request's rows, known by their number before they are read.
   * @returns gives it back; call it once
   * @throws SipfError resource-exhausted QUEUE_FULL; cancelled and deadline-exceeded while it waits
   */
  async enter(
    rows: number,
    { isRefused, signal, claim }: RowsCall & { readonly claim: Claim },
  ): Promise<() => void> {
    if (!isRefused) return await this.#gate.enter(rows, { signal, claim });
    const leave = this.#gate.tryEnter(rows);
    if (leave !== undefined) return leave;
    throw new SipfError('resource-exhausted', 'as many rows wait as may', {
      reason: 'QUEUE_FULL',
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}
