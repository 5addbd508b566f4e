import { verification } from '@sipf/contracts';
import type { Serving } from '@sipf/serving';
import { encodeRows, type EncodedRow } from './rows/encode-rows.ts';
import { aggregatesOf } from './rows/step-scores.ts';
import type { ServedVerifier } from './served-verifier.ts';

/** Scores what can be scored, in the rows' order; a row that cannot be is answered with its reason beside the others. */
export async function scoreRequest(
  serving: Serving<ServedVerifier>,
  request: verification.ScoreRequest,
  signal: AbortSignal,
): Promise<verification.ScoreResponse> {
  const arrived = performance.now();
  await using served = await serving.acquire(request.model, signal);
  const leased = performance.now();
  const encoded = await encodeRows(request, served.model, signal);
  const submitted = performance.now();
  const priority = request.priority === verification.Priority.BULK ? 'bulk' : 'interactive';
  const { probabilities, queueMs } = await served.model.scheduler.score(
    encoded.flatMap(({ row }) => (row === undefined ? [] : [row.request])),
    { priority, clientId: request.clientId, signal },
  );
  const ended = performance.now();
  const scored = probabilities.values();
  return {
    scores: encoded.map((row) => answer(row, scored, request.aggregations)),
    model: served.ref,
    timing: {
      queueMs: leased - arrived + queueMs,
      tokeniseMs: submitted - leased,
      inferenceMs: ended - submitted - queueMs,
    },
  };
}

/** @param scored the probabilities of the rows that could be scored, each taken once */
function answer(
  { id, row, error }: EncodedRow,
  scored: Iterator<readonly number[]>,
  wanted: readonly verification.Aggregation[],
): verification.RowScore {
  if (error !== undefined) return { id, result: { $case: 'error', value: error } };
  const probabilities = [...(scored.next().value as readonly number[])];
  const { steps, truncation } = row;
  const aggregates = aggregatesOf(probabilities, wanted);
  return {
    id,
    result: { $case: 'steps', value: { probabilities, aggregates, steps: [...steps], truncation } },
  };
}
