import type { common } from '@sipf/contracts';
import { BOUNDS, generation, MAX_NEW_TOKENS } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { ChatRequest, CompletionRequest, SamplingRequest } from '@sipf/openai';
import type { IncomingHttpHeaders } from 'node:http';
import type { WantedOfChat, WantedOfText } from './answers.ts';

/** What the translation of a request needs besides its body. */
export interface RequestContext {
  readonly model: common.ModelRef;
  readonly headers: IncomingHttpHeaders;
  /** A seed for a request without one, in [0, 2^64). */
  readonly drawSeed: () => bigint;
}

/** The samples that headers name, see {@link sampleNamed}. */
interface NamedSample {
  readonly seed: bigint;
  readonly promptId: string;
  readonly firstSampleIndex: number;
}

const DEFAULT_MAX_TOKENS = 16;

/** What a completion must return besides its text. */
export function wantedOfText(request: CompletionRequest): WantedOfText {
  return {
    logProbs: typeof request.logprobs === 'number' ? request.logprobs : undefined,
    promptLogProbs: request.prompt_logprobs ?? undefined,
    echo: request.echo === true,
    tokenIds: request.return_token_ids === true,
    asIds: request.return_tokens_as_token_ids === true,
  };
}

/** What a conversation's answer must return besides its text. @throws SipfError invalid-argument INVALID_FIELD */
export function wantedOfChat(request: ChatRequest): WantedOfChat {
  const { logprobs, top_logprobs: top, return_tokens_as_token_ids: asIds } = request;
  const isWanted = logprobs === true;
  if (!isWanted && (top ?? 0) > 0) throw refused('top_logprobs', 'must be 0 where logprobs is not true');
  return {
    logProbs: isWanted ? { top: top ?? 0, asIds: asIds === true } : undefined,
    tokenIds: request.return_token_ids === true,
  };
}

/** `POST completions` as the generation service takes it; a prompt's id is its index. */
export function completionOrder(
  request: CompletionRequest,
  context: RequestContext,
): generation.GenerateRequest {
  const { prompt, best_of: bestOf, n } = request;
  if ((bestOf ?? n ?? 1) !== (n ?? 1)) {
    throw refused('best_of', 'must be n: samples are not drawn to be left out');
  }
  const texts: readonly (string | readonly number[])[] =
    typeof prompt === 'string' || typeof prompt[0] === 'number'
      ? [prompt as string | number[]]
      : (prompt as string[]);
  const prompts = texts.map((one) => (typeof one === 'string' ? { text: one } : { tokenIds: [...one] }));
  const { logProbs, promptLogProbs, echo, tokenIds } = wantedOfText(request);
  const returnPromptDetails = promptLogProbs !== undefined || (echo && logProbs !== undefined);
  const most = { field: 'max_tokens', count: request.max_tokens ?? DEFAULT_MAX_TOKENS };
  checkLength(most, { least: echo || promptLogProbs !== undefined ? 0 : 1 });
  // Pieces are text alone: where more is wanted, a choice comes whole.
  const isText = logProbs === undefined && promptLogProbs === undefined && !echo && !tokenIds;
  return {
    ...orderOf(request, prompts, most.count, context),
    ...{ returnTokenIds: tokenIds, returnPromptDetails, returnPromptText: echo },
    returnDetails: logProbs !== undefined,
    topLogProbs: Math.max(logProbs ?? 0, promptLogProbs ?? 0),
    streamPieces: request.stream === true && isText,
  };
}

/** `POST chat/completions` as the generation service takes it. */
export function chatOrder(request: ChatRequest, context: RequestContext): generation.GenerateRequest {
  const newer = request.max_completion_tokens ?? undefined;
  const most = {
    field: newer === undefined ? 'max_tokens' : 'max_completion_tokens',
    // The model's longest sequence bounds it further.
    count: newer ?? request.max_tokens ?? MAX_NEW_TOKENS,
  };
  checkLength(most, { least: 1 });
  if (newer !== undefined && newer !== (request.max_tokens ?? newer))
    throw refused('max_tokens', 'must be max_completion_tokens, its newer name, where both are there');
  const { logProbs, tokenIds } = wantedOfChat(request);
  const messages = request.messages.map(({ role, content }) => ({ role, content: textOf(content) }));
  return {
    ...orderOf(request, [{ messages }], most.count, context),
    ...{ returnTokenIds: tokenIds, returnDetails: logProbs !== undefined },
    topLogProbs: logProbs?.top ?? 0,
    streamPieces: request.stream === true && logProbs === undefined && !tokenIds,
  };
}

/** Parts of a message are lines, as vLLM joins them. */
function textOf(content: ChatRequest['messages'][number]['content']): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('\n');
}

function checkLength(
  { field, count }: { readonly field: string; readonly count: number },
  { least }: { readonly least: 0 | 1 },
): void {
  if (count >= least && count <= MAX_NEW_TOKENS) return;
  const zero = count === 0 ? '; 0 is for echo and prompt_logprobs' : '';
  throw refused(field, `must be an integer from ${least} to ${MAX_NEW_TOKENS}, is ${count}${zero}`);
}

function orderOf(
  request: SamplingRequest,
  prompts: readonly Pick<
    Parameters<typeof generation.Prompt.fromPartial>[0],
    'text' | 'tokenIds' | 'messages'
  >[],
  maxNewTokens: number,
  { model, headers, drawSeed }: RequestContext,
): generation.GenerateRequest {
  // OpenAI and vLLM refuse it: who sets them waits for a stream, whose usage would never come.
  if (request.stream !== true && Object.keys(request.stream_options ?? {}).length > 0)
    throw refused('stream_options', 'is for stream: true');
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
    clientId: request.user ?? '',
  });
}

function samplingOf(request: SamplingRequest): Partial<common.SamplingSettings> {
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
 * The sample that `x-sipf-seed`, `x-sipf-prompt-id` and `x-sipf-sample-index` name: the one that the generation service gives
 * for a prompt of that id, whatever `seed` says. Headers carry it because its seed has 64 bits, more than OpenAI's field takes.
 */
function sampleNamed(headers: IncomingHttpHeaders): NamedSample | undefined {
  const seed = headers['x-sipf-seed'];
  if (seed === undefined) {
    const alone = ['x-sipf-prompt-id', 'x-sipf-sample-index'].find((name) => headers[name] !== undefined);
    if (alone !== undefined) throw refused('x-sipf-seed', `is required with ${alone}`);
    return undefined;
  }
  const index = headers['x-sipf-sample-index'] ?? '0';
  const promptId = decoded(headers['x-sipf-prompt-id']);
  if (!isNumber(seed) || BigInt(seed) !== BigInt.asUintN(64, BigInt(seed))) {
    throw refused('x-sipf-seed', 'must be an integer of 64 bits');
  }
  if (!isNumber(index) || Number(index) > BOUNDS.countOrNone.max)
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
    // Refused below, like a missing header.
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
