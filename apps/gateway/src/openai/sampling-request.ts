import type { common } from '@sipf/contracts';
import { generation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { ChatRequest, CompletionRequest } from '@sipf/openai';
import type { IncomingHttpHeaders } from 'node:http';

/** What a request is translated by. */
export interface RequestContext {
  readonly model: common.ModelRef;
  readonly headers: IncomingHttpHeaders;
  /** A seed for a request without one, in [0, 2^64). */
  readonly drawSeed: () => bigint;
}

/** Which samples a client of ours names, see {@link sampleNamed}. */
interface NamedSample {
  readonly seed: bigint;
  readonly promptId: string;
  readonly firstSampleIndex: number;
}

type Common = Omit<CompletionRequest, 'prompt' | 'max_tokens' | 'logprobs' | 'echo' | 'suffix' | 'best_of'>;

const DEFAULT_MAX_TOKENS = 16;
/** What the model has room for is less. */
const WHOLE_CONTEXT = 65_536;

/** `POST completions` as the generation service takes it; prompts are named by their places. */
export function completionOrder(
  request: CompletionRequest,
  context: RequestContext,
): generation.GenerateRequest {
  if (request.logprobs !== undefined && request.logprobs !== null && request.logprobs !== 0) {
    throw refused('logprobs', 'must be 0: alternatives to the drawn token are not told');
  }
  const { prompt } = request;
  const texts: readonly (string | readonly number[])[] =
    typeof prompt === 'string' || typeof prompt[0] === 'number'
      ? [prompt as string | number[]]
      : (prompt as string[]);
  const prompts = texts.map((one) => (typeof one === 'string' ? { text: one } : { tokenIds: [...one] }));
  const order = orderOf(request, prompts, request.max_tokens ?? DEFAULT_MAX_TOKENS, context);
  const returnLogProbs = request.logprobs === 0;
  // Pieces are text alone: where tokens are wanted too, a choice comes whole.
  const streamPieces = request.stream === true && !returnLogProbs && request.return_token_ids !== true;
  return { ...order, returnLogProbs, streamPieces };
}

/** `POST chat/completions` as the generation service takes it. */
export function chatOrder(request: ChatRequest, context: RequestContext): generation.GenerateRequest {
  const most = request.max_completion_tokens ?? request.max_tokens ?? WHOLE_CONTEXT;
  const order = orderOf(request, [{ messages: request.messages }], most, context);
  return { ...order, streamPieces: request.stream === true };
}

function orderOf(
  request: Common,
  prompts: readonly Pick<
    Parameters<typeof generation.Prompt.fromPartial>[0],
    'text' | 'tokenIds' | 'messages'
  >[],
  maxNewTokens: number,
  { model, headers, drawSeed }: RequestContext,
): generation.GenerateRequest {
  const named = sampleNamed(headers);
  if (named !== undefined && prompts.length > 1)
    throw refused('prompt', 'must be one where its sample is named');
  const seed =
    named?.seed ?? (typeof request.seed === 'number' ? BigInt.asUintN(64, BigInt(request.seed)) : drawSeed());
  const { promptId, firstSampleIndex = 0 } = named ?? {};
  return generation.GenerateRequest.fromPartial({
    model,
    prompts: prompts.map((prompt, index) => ({ ...prompt, id: promptId ?? String(index), firstSampleIndex })),
    sampling: { ...samplingOf(request), maxNewTokens, seed },
    returnTokenIds: true,
    clientId: request.user ?? '',
  });
}

function samplingOf(request: Common): Partial<common.SamplingSettings> {
  const { stop, temperature, top_k: topK } = request;
  return {
    n: request.n ?? 1,
    temperature: temperature ?? 1,
    greedy: temperature === 0,
    topP: request.top_p ?? 1,
    topK: Math.max(topK ?? 0, 0),
    minP: request.min_p ?? 0,
    repetitionPenalty: request.repetition_penalty ?? 1,
    stopStrings: typeof stop === 'string' ? [stop] : [...(stop ?? [])],
  };
}

/**
 * The sample that `x-sipf-seed`, `x-sipf-prompt-id` and `x-sipf-sample-index` name: it is the one that the generation service gives
 * for a prompt of that id, whatever `seed` says. Names of samples are longer than the seeds that OpenAI's field takes.
 */
function sampleNamed(headers: IncomingHttpHeaders): NamedSample | undefined {
  const seed = headers['x-sipf-seed'];
  if (seed === undefined) return undefined;
  const index = headers['x-sipf-sample-index'] ?? '0';
  const promptId = decoded(headers['x-sipf-prompt-id']);
  if (!isNumber(seed) || BigInt(seed) !== BigInt.asUintN(64, BigInt(seed))) {
    throw refused('x-sipf-seed', 'must be an integer of 64 bits');
  }
  if (!isNumber(index) || Number(index) > 2 ** 31 - 1)
    throw refused('x-sipf-sample-index', 'must be an index');
  return { seed: BigInt(seed), promptId, firstSampleIndex: Number(index) };
}

function isNumber(header: string | string[]): header is string {
  return typeof header === 'string' && /^\d{1,20}$/.test(header);
}

function decoded(header: string | string[] | undefined): string {
  try {
    const id = decodeURIComponent(String(header ?? ''));
    if (id !== '') return id;
  } catch {
    // As one that is not there.
  }
  throw refused('x-sipf-prompt-id', 'must be a name, percent-encoded');
}

function refused(field: string, description: string): SipfError {
  const violations = [{ field, description }];
  return new SipfError('invalid-argument', `${field} ${description}`, {
    reason: 'INVALID_FIELD',
    violations,
  });
}
