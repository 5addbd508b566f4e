import type { common, verification } from '@sipf/contracts';
import { claimOf, type Serving } from '@sipf/serving';
import { encodeRows } from './rows/encode-rows.ts';
import type { EncodedRow } from './rows/row-task.ts';
import type { RowsCall } from './scheduling/row-room.ts';
import type { ServedVerifier } from './served-verifier.ts';

/** A row and its log-odds of "correct", one per step; an empty list for a row that could not be scored. */
export interface ScoredRow {
  readonly row: EncodedRow;
  readonly logOdds: readonly number[];
}

/** One verifier's results for a request's rows, in their order. */
export interface RowsScored {
  readonly rows: readonly ScoredRow[];
  readonly ref: common.ModelRef;
  readonly timing: common.Timing;
}

/** Scores a request's rows by one verifier. @throws SipfError as Serving, RowRoom and RowScheduler do */
export async function scoreRows(
  serving: Serving<ServedVerifier>,
  model: common.ModelRef | undefined,
  { request, call }: RowsOrder,
): Promise<RowsScored> {
  const arrived = performance.now();
  await using served = await serving.acquire(model, call.signal);
  const leave = await served.model.room.enter(request.rows.length, { ...call, claim: claimOf(request) });
  try {
    const waitedMs = performance.now() - arrived;
    const { rows, timing } = await readAndScore(served.model, { request, call });
    return { rows, ref: served.ref, timing: { ...timing, queueMs: timing.queueMs + waitedMs } };
  } finally {
    leave();
  }
}

/** A request and how to treat it. */
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
