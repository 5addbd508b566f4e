import { MAX_BATCH, MAX_STEPS, verification } from '@sipf/contracts';
import type { ServiceHandlers } from '@sipf/service';
import type { Serving } from '@sipf/serving';
import { STEP_RULES } from './rows/encode-rows.ts';
import { AGGREGATIONS } from './rows/step-scores.ts';
import { pipelined } from './scheduling/pipelined.ts';
import { scoreRequest } from './score-request.ts';
import type { ServedVerifier } from './served-verifier.ts';

/** Requests of one stream that are worked on at once. */
const STREAM_AHEAD = 4;

/** Bounds of one request and stream, as they are checked; told by `Info`. */
const LIMITS = { max_rows: MAX_BATCH, max_steps: MAX_STEPS, max_stream_ahead: STREAM_AHEAD };

/** The verification service over the verifiers that it serves. */
export function createHandlers(
  serving: Serving<ServedVerifier>,
): ServiceHandlers<verification.VerificationServiceDefinition> {
  return {
    score: (request, { signal }) => scoreRequest(serving, request, signal),
    scoreStream: (requests, { signal }) => scoreStream(serving, requests, signal),
    info: () => Promise.resolve(describe(serving)),
  };
}

function scoreStream(
  serving: Serving<ServedVerifier>,
  requests: AsyncIterable<verification.ScoreStreamRequest>,
  signal: AbortSignal,
): AsyncGenerator<verification.ScoreStreamResponse> {
  return pipelined(requests, {
    ahead: STREAM_AHEAD,
    inOrder: ({ order }) => order !== verification.StreamOrder.SCORED,
    work: async ({ request }, index, ended) => ({
      // The validator lets no message without a request through.
      response: await scoreRequest(serving, request ?? verification.ScoreRequest.create(), ended),
      requestIndex: BigInt(index),
    }),
    signal,
  });
}

function describe(serving: Serving<ServedVerifier>): verification.InfoResponse {
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
  };
}
