import {
  common,
  MAX_BATCH,
  MAX_NEW_TOKENS,
  MAX_SAMPLES,
  MAX_TOP_LOG_PROBS,
  type generation,
} from '@sipf/contracts';
import type { GeneratedSample } from '@sipf/inference';
import type { ServiceHandlers } from '@sipf/service';
import { claimOf, type ServedGenerator, type Serving } from '@sipf/serving';
import { wantedLogProbs, checkDetails, wantsDetails, withDetails } from './path-details.ts';
import { emptyPaths, toPath, toPiece, type PathContext } from './paths.ts';
import { encodePrompts } from './prompts.ts';
import { withPieces } from './with-pieces.ts';

/** Bounds of one request, as the contracts check them; `Info` reports them. */
const LIMITS = {
  max_prompts: MAX_BATCH,
  max_new_tokens: MAX_NEW_TOKENS,
  max_samples: MAX_SAMPLES,
  max_top_log_probs: MAX_TOP_LOG_PROBS,
};

/** The generation service over the models that it serves. */
export function createHandlers(
  serving: Serving<ServedGenerator>,
): ServiceHandlers<generation.GenerationServiceDefinition> {
  return {
    generate: (request, { signal }) => generate(serving, request, signal),
    prepare: (request, { signal }) => prepare(serving, request, signal),
    info: () => Promise.resolve({ info: serving.info(LIMITS) }),
  };
}

async function* generate(
  serving: Serving<ServedGenerator>,
  request: generation.GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<generation.GenerateResponse> {
  const arrived = performance.now();
  await using served = await serving.acquire(request.model, signal);
  const leased = performance.now();
  const { generator } = served.model;
  const sampling = request.sampling ?? common.SamplingSettings.create();
  const { orders: read, tooLong } = await encodePrompts(request.prompts, sampling, {
    ...served.model,
    day: request.chatDay,
    signal,
  });
  checkDetails(request, read);
  const orders = read.map((order) => ({ ...order, ...wantedLogProbs(request) }));
  const started = performance.now();
  const complete = (path: generation.GenerateResponse): generation.GenerateResponse => ({
    ...path,
    model: served.ref,
    timing: {
      queueMs: leased - arrived,
      tokeniseMs: started - leased,
      inferenceMs: performance.now() - started,
    },
  });
  for (const prompt of tooLong) yield* emptyPaths(prompt, sampling.n).map(complete);
  const claim = claimOf(request);
  const contextOf = (requestIndex: number): PathContext => {
    const { key: promptId = '', promptIds = [] } = orders[requestIndex] ?? {};
    return { promptId, promptTokenCount: promptIds.length, request };
  };
  const { tokenizer } = served.model;
  const answerOf = async (sample: GeneratedSample): Promise<generation.GenerateResponse> => {
    const path = toPath(sample, contextOf(sample.requestIndex));
    const order = orders[sample.requestIndex];
    if (order === undefined || !wantsDetails(request)) return complete(path);
    return complete(await withDetails(path, sample, { request, order, tokenizer, signal }));
  };
  if (!request.streamPieces) {
    for await (const sample of generator.generate(orders, { signal, claim })) yield await answerOf(sample);
    return;
  }
  const inPieces = orders.map((order) => ({ ...order, pieces: true }));
  for await (const item of withPieces((onPiece) =>
    generator.generate(inPieces, { signal, claim, onPiece }),
  )) {
    yield item.kind === 'sample'
      ? await answerOf(item.sample)
      : complete(toPiece(item.piece, contextOf(item.piece.requestIndex)));
  }
}

async function prepare(
  serving: Serving<ServedGenerator>,
  { model }: generation.PrepareRequest,
  signal: AbortSignal,
): Promise<generation.PrepareResponse> {
  await using served = await serving.acquire(model, signal);
  return { model: served.ref };
}
