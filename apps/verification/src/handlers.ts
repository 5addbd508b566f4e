import { MAX_BATCH, MAX_STEPS, type verification } from '@sipf/contracts';
import type { ServiceHandlers } from '@sipf/service';
import type { Serving } from '@sipf/serving';
import { encodeRows } from './encode-rows.ts';
import type { ServedVerifier } from './served-verifier.ts';
import { stepScores } from './step-scores.ts';

/** Bounds of one request, as the contracts check them; told by `Info`. */
const LIMITS = { max_rows: MAX_BATCH, max_steps: MAX_STEPS };

/** The verification service over the verifiers that it serves. */
export function createHandlers(
  serving: Serving<ServedVerifier>,
): ServiceHandlers<verification.VerificationServiceDefinition> {
  return {
    score: (request, { signal }) => score(serving, request, signal),
    scoreStream: (requests, { signal }) => scoreStream(serving, requests, signal),
    info: () => Promise.resolve({ info: serving.info(LIMITS) }),
  };
}

async function* scoreStream(
  serving: Serving<ServedVerifier>,
  requests: AsyncIterable<verification.ScoreStreamRequest>,
  signal: AbortSignal,
): AsyncGenerator<verification.ScoreStreamResponse> {
  for await (const { request } of requests) {
    if (request !== undefined) yield { response: await score(serving, request, signal) };
  }
}

/** Scores what can be scored; a row that cannot be is answered with its reason beside the others. */
async function score(
  serving: Serving<ServedVerifier>,
  request: verification.ScoreRequest,
  signal: AbortSignal,
): Promise<verification.ScoreResponse> {
  const arrived = performance.now();
  await using served = await serving.acquire(request.model, signal);
  const leased = performance.now();
  const encoded = await encodeRows(request.rows, { ...served.model, signal });
  const started = performance.now();
  const scores: verification.RowScore[] = encoded.map(({ id, error }) => ({
    id,
    result: error === undefined ? undefined : { $case: 'error', value: error },
  }));
  const possible = encoded.flatMap(({ row, id }, index) => (row === undefined ? [] : [{ row, id, index }]));
  const results = served.model.scorer.scoreSteps(
    possible.map(({ row }) => row),
    { signal },
  );
  for await (const { rowIndex, probabilities } of results) {
    const place = possible[rowIndex];
    if (place === undefined) continue;
    scores[place.index] = { id: place.id, result: { $case: 'steps', value: stepScores(probabilities) } };
  }
  const ended = performance.now();
  return {
    scores,
    model: served.ref,
    timing: { queueMs: leased - arrived, tokeniseMs: started - leased, inferenceMs: ended - started },
  };
}
