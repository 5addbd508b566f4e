import type { common, verification } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { claimOf, type Serving } from '@sipf/serving';
import { encodeRows, type EncodedRow } from './rows/encode-rows.ts';
import type { ServedVerifier } from './served-verifier.ts';

/** How a request's rows are treated. */
export interface RowsCall {
  readonly signal: AbortSignal;
  /** What becomes of a request that finds no room: it is refused, or waits as requests of a stream do. */
  readonly isRefused: boolean;
}

/** A row and its probabilities, one a step; an empty list for a row that could not be scored. */
export interface ScoredRow {
  readonly row: EncodedRow;
  readonly probabilities: readonly number[];
}

/** What one verifier made of a request's rows, in their order. */
export interface RowsScored {
  readonly rows: readonly ScoredRow[];
  readonly ref: common.ModelRef;
  readonly timing: common.Timing;
}

/** When a request that found no room is worth repeating, in milliseconds. */
const RETRY_AFTER_MS = 1000;

/** Scores a request's rows by one verifier. @throws SipfError resource-exhausted QUEUE_FULL; as Serving and RowScheduler do */
export async function scoreRows(
  serving: Serving<ServedVerifier>,
  model: common.ModelRef | undefined,
  { request, call }: { readonly request: verification.ScoreRequest; readonly call: RowsCall },
): Promise<RowsScored> {
  const { signal } = call;
  const claim = claimOf(request);
  const arrived = performance.now();
  await using served = await serving.acquire(model, signal);
  using _room = await enter(served.model, request, call);
  const leased = performance.now();
  const encoded = await encodeRows(request, served.model, signal);
  const submitted = performance.now();
  const { probabilities, queueMs } = await served.model.scheduler.score(
    encoded.flatMap(({ row }) => (row === undefined ? [] : [row.request])),
    { ...claim, signal },
  );
  const scored = probabilities.values();
  return {
    rows: encoded.map((row) => ({
      row,
      probabilities: row.error === undefined ? (scored.next().value ?? []) : [],
    })),
    ref: served.ref,
    timing: {
      queueMs: leased - arrived + queueMs,
      tokeniseMs: submitted - leased,
      inferenceMs: performance.now() - submitted - queueMs,
    },
  };
}

/** Takes room for the rows, known by their number before they are read. */
async function enter(
  { room }: ServedVerifier,
  request: verification.ScoreRequest,
  { signal, isRefused }: RowsCall,
): Promise<Disposable> {
  const rows = request.rows.length;
  const leave = isRefused ? room.tryEnter(rows) : await room.enter(rows, { signal, claim: claimOf(request) });
  if (leave !== undefined) return { [Symbol.dispose]: leave };
  throw new SipfError('resource-exhausted', 'as many rows wait as may', {
    reason: 'QUEUE_FULL',
    retryAfterMs: RETRY_AFTER_MS,
  });
}
