import { abortError, ChangeSignal, type Claim, FairQueue } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import type { StepScoreRequest } from '@sipf/inference';
import { setImmediate } from 'node:timers/promises';
import type { StepScorer } from '../step-scorer.ts';

/** A call's rows once they are scored. */
export interface ScoredRows {
  /** Per row the log-odds of "correct" at its steps' ends, in the order of the rows. */
  readonly logOdds: readonly (readonly number[])[];
  /** From the call's arrival until its first row went to a worker, in milliseconds. */
  readonly queueMs: number;
}

/** Rows after which unfilled micro-batches leave, so that a row of a rare length need not wait for others like it. */
const ROWS_A_ROUND = 64;

interface OpenCall {
  readonly arrived: number;
  readonly logOdds: (readonly number[])[];
  left: number;
  queueMs: number;
  isOver: boolean;
  readonly settle: PromiseWithResolvers<ScoredRows>;
}

interface WaitingRow {
  readonly call: OpenCall;
  readonly at: number;
  readonly row: StepScoreRequest;
}

/**
 * Scores all calls' rows of one verifier together: rows of different calls share micro-batches. Callers bound the number of
 * waiting rows, see RowRoom.
 */
export class RowScheduler {
  readonly #scorer: StepScorer;
  readonly #queue = new FairQueue<WaitingRow>();
  readonly #calls = new Set<OpenCall>();
  readonly #pushed = new ChangeSignal();
  #running: Promise<void> | undefined;
  #isClosed = false;

  /** @param scorer for this scheduler's exclusive use */
  constructor(scorer: StepScorer) {
    this.#scorer = scorer;
  }

  /**
   * Scores a call's rows when their turn comes. Rows of a call whose signal has fired (cancelled, or past its deadline) are
   * dropped before they are computed.
   * @throws SipfError cancelled, deadline-exceeded, unavailable MODEL_UNLOADED; whatever the scorer throws
   */
  async score(
    rows: readonly StepScoreRequest[],
    { signal, ...claim }: Claim & { readonly signal: AbortSignal },
  ): Promise<ScoredRows> {
    if (rows.length === 0) return { logOdds: [], queueMs: 0 };
    if (signal.aborted) throw abortError(signal);
    const call = this.#open(rows.length);
    const onAbort = (): void => {
      this.#end(call, abortError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    rows.forEach((row, at) => {
      this.#queue.push({ call, at, row }, claim, row.ids.length);
    });
    this.#pushed.notify();
    this.#running ??= this.#run();
    try {
      return await call.settle.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends open calls; closing the scorer remains its owner's task. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const call of this.#calls) this.#end(call, stopping());
    this.#pushed.notify();
    await this.#running;
  }

  #open(rows: number): OpenCall {
    if (this.#isClosed) throw stopping();
    const call: OpenCall = {
      arrived: performance.now(),
      logOdds: Array.from({ length: rows }, () => []),
      left: rows,
      queueMs: 0,
      isOver: false,
      settle: Promise.withResolvers(),
    };
    this.#calls.add(call);
    return call;
  }

  #end(call: OpenCall, error?: unknown): void {
    if (call.isOver) return;
    call.isOver = true;
    this.#calls.delete(call);
    const { logOdds, queueMs, settle } = call;
    if (error === undefined) settle.resolve({ logOdds, queueMs });
    else settle.reject(error);
  }

  /** Scores rows until the scheduler is closed; an error of the scorer ends the calls whose rows it had. */
  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const given = new Map<number, WaitingRow>();
      const ended = new AbortController();
      const { changed } = this.#pushed;
      try {
        for await (const { rowIndex, logOdds } of this.#scorer.scoreSteps(this.#rows(given, ended.signal))) {
          const waiting = given.get(rowIndex);
          given.delete(rowIndex);
          if (waiting !== undefined) this.#scored(waiting, logOdds);
        }
      } catch (error) {
        // The scorer may have left its rows while they waited for another one, which is for the next round.
        ended.abort();
        for (const { call } of given.values()) this.#end(call, error);
        if (given.size > 0) continue;
        // The scorer failed without rows, and would at once fail again.
        this.#fail(error);
        await changed;
      }
    }
  }

  #fail(error: unknown): void {
    for (const call of this.#calls) this.#end(call, error);
  }

  #scored({ call, at }: WaitingRow, logOdds: readonly number[]): void {
    call.logOdds[at] = logOdds;
    call.left -= 1;
    if (call.left === 0) this.#end(call);
  }

  /** The queue's rows as the scorer pulls them, with a pause after every round. */
  async *#rows(
    given: Map<number, WaitingRow>,
    ended: AbortSignal,
  ): AsyncGenerator<StepScoreRequest, void, undefined> {
    let rowIndex = 0;
    while (!this.#isClosed && !ended.aborted) {
      const { changed } = this.#pushed;
      const waiting = this.#queue.pop();
      if (waiting === undefined) await changed;
      if (waiting === undefined || waiting.call.isOver) continue;
      if (waiting.at === 0) waiting.call.queueMs = performance.now() - waiting.call.arrived;
      given.set(rowIndex++, waiting);
      yield waiting.row;
      if (rowIndex % ROWS_A_ROUND === 0) await pause();
    }
  }
}

/** Long enough for the scorer to see that nothing more arrives at once. */
async function pause(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

function stopping(): SipfError {
  return new SipfError('unavailable', 'the verifier is being unloaded', { reason: 'MODEL_UNLOADED' });
}
