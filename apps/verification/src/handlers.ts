import { inFlight } from '@sipf/async';
import { MAX_BATCH, MAX_STEPS, verification } from '@sipf/contracts';
import type { ServiceHandlers } from '@sipf/service';
import { STEP_RULES } from './rows/encode-rows.ts';
import { AGGREGATIONS } from './rows/step-scores.ts';
import { scoreRequest } from './score-request.ts';
import type { ServedVerifiers } from './served-verifiers.ts';

/** Requests of one stream in progress at once. */
const STREAM_AHEAD = 4;

/** Bounds of one request and stream, as they are checked; `Info` reports them. */
const LIMITS = { max_rows: MAX_BATCH, max_steps: MAX_STEPS, max_stream_ahead: STREAM_AHEAD };

/** The verification service over its verifiers. */
export function createHandlers(
  served: ServedVerifiers,
): ServiceHandlers<verification.VerificationServiceDefinition> {
  return {
    score: (request, { signal }) => scoreRequest(served, request, { signal, isRefused: true }),
    scoreStream: (requests, { signal }) => scoreStream(served, requests, signal),
    info: () => Promise.resolve(describe(served)),
  };
}

function scoreStream(
  served: ServedVerifiers,
  requests: AsyncIterable<verification.ScoreStreamRequest>,
  signal: AbortSignal,
): AsyncGenerator<verification.ScoreStreamResponse> {
  return inFlight(requests, {
    limit: STREAM_AHEAD,
    inOrder: ({ order }) => order !== verification.StreamOrder.SCORED,
    work: async ({ request }, index, ended) => ({
      // The validator refuses messages without a request.
      response: await scoreRequest(served, request ?? verification.ScoreRequest.create(), {
        signal: ended,
        isRefused: false,
      }),
      requestIndex: BigInt(index),
    }),
    signal,
  });
}

function describe({ serving, outcomeModel }: ServedVerifiers): verification.InfoResponse {
  return {
    info: serving.info(LIMITS),
    verifiers: serving.models.map(({ found, config, reader }) => ({
      model: found.ref,
      format: reader.format,
      stepSeparator: reader.stepSeparator,
      maxSequenceTokens: config.maxPositionEmbeddings,
    })),
    aggregations: [...AGGREGATIONS],
    stepRules: [...STEP_RULES],
    outcomeModel,
  };
}
