import type { common, verification } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { claimOf, type Serving } from '@sipf/serving';
import { encodeRows } from './rows/encode-rows.ts';
import type { EncodedRow } from './rows/row-task.ts';
import type { ServedVerifier } from './served-verifier.ts';

/** How a request's rows are treated. */
export interface RowsCall {
  readonly signal: AbortSignal;
  /** What becomes of a request that finds no room: it is refused, or waits as requests of a stream do. */
  readonly isRefused: boolean;
}

/** A row and its log-odds of "correct", one a step; an empty list for a row that could not be scored. */
export interface ScoredRow {
  readonly row: EncodedRow;
  readonly logOdds: readonly number[];
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
  { request, call }: RowsOrder,
): Promise<RowsScored> {
  const arrived = performance.now();
  await using served = await serving.acquire(model, call.signal);
  const leave = await enter(served.model, request, call);
  try {
    const waitedMs = performance.now() - arrived;
    const { rows, timing } = await readAndScore(served.model, { request, call });
    return { rows, ref: served.ref, timing: { ...timing, queueMs: timing.queueMs + waitedMs } };
  } finally {
    leave();
  }
}

/** A request and how it is treated. */
interface RowsOrder {
  readonly request: verification.ScoreRequest;
  readonly call: RowsCall;
}

async function readAndScore(
  model: ServedVerifier,
  { request, call: { signal } }: RowsOrder,
): Promise<Omit<RowsScored, 'ref'>> {
  const started = performance.now();
  const encoded = await encodeRows(request, model, signal);
  const submitted = performance.now();
  const { logOdds, queueMs } = await model.scheduler.score(
    encoded.flatMap(({ row }) => (row === undefined ? [] : [row.request])),
    { ...claimOf(request), signal },
  );
  const inferenceMs = performance.now() - submitted - queueMs;
  const scored = logOdds.values();
  const rows = encoded.map((row) => ({
    row,
    logOdds: row.error === undefined ? (scored.next().value ?? []) : [],
  }));
  return { rows, timing: { queueMs, tokeniseMs: submitted - started, inferenceMs } };
}

/** Takes room for the rows, known by their number before they are read. @returns gives it back */
async function enter(
  { room }: ServedVerifier,
  request: verification.ScoreRequest,
  { signal, isRefused }: RowsCall,
): Promise<() => void> {
  const rows = request.rows.length;
  if (!isRefused) return await room.enter(rows, { signal, claim: claimOf(request) });
  const leave = room.tryEnter(rows);
  if (leave !== undefined) return leave;
  throw new SipfError('resource-exhausted', 'as many rows wait as may', {
    reason: 'QUEUE_FULL',
    retryAfterMs: RETRY_AFTER_MS,
  });
}
