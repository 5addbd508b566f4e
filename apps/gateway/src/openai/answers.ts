import { generation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { CompletionAnswer, CompletionChoice, LogProbs, Usage } from '@sipf/openai';

/** What all parts of one answer repeat. */
export interface AnswerHead {
  /** e.g. `cmpl-<uuid>` */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** As the request names it; absent for the default model. */
  readonly name: string | undefined;
}

/** A finished sample at its place among the answer's choices. */
export interface Choice {
  readonly index: number;
  readonly path: generation.GenerateResponse;
  /** Of a stream: whether pieces of it have been told before. */
  readonly isContinued?: boolean;
}

/** Turns what comes of a stream into what is to be sent: of an answer that is whole, what its pieces have not said. */
export function unsaidParts(): (choice: Choice) => Choice {
  const said = new Map<number, number>();
  return ({ index, path }) => {
    const before = said.get(index);
    const text = path.isPiece ? path.text : path.text.slice(before ?? 0);
    said.set(index, (before ?? 0) + text.length);
    return { index, path: { ...path, text }, isContinued: before !== undefined };
  };
}

/** Where a sample stands: the prompts' samples in the order of the prompts. */
export function placesOf({ prompts, sampling }: generation.GenerateRequest) {
  const places = new Map(prompts.map(({ id, firstSampleIndex }, at) => [id, { at, firstSampleIndex }]));
  return (path: generation.GenerateResponse): Choice => {
    const { at, firstSampleIndex } = places.get(path.promptId) ?? { at: 0, firstSampleIndex: 0 };
    if (path.promptTokenCount === 0) throw tooLong(prompts.length === 1 ? '' : ` ${at}`);
    return { index: at * (sampling?.n ?? 1) + path.sampleIndex - firstSampleIndex, path };
  };
}

/** What a text completion says, all of it or a piece. */
export function completionAnswer(
  { id, created, name }: AnswerHead,
  choices: readonly Choice[],
  wanted: { readonly logProbs: boolean; readonly tokenIds: boolean },
): CompletionAnswer {
  const model = modelOf(choices);
  return {
    id,
    object: 'text_completion',
    created,
    model: name ?? model,
    system_fingerprint: model,
    choices: choices.map(({ index, path }) => textChoice(index, path, wanted)),
  };
}

/** What a conversation's answer says. */
export function chatAnswer({ id, created, name }: AnswerHead, choices: readonly Choice[]) {
  const model = modelOf(choices);
  return {
    id,
    object: 'chat.completion' as const,
    created,
    model: name ?? model,
    system_fingerprint: model,
    choices: choices.map(({ index, path }) => ({
      index,
      message: { role: 'assistant' as const, content: path.text },
      logprobs: null,
      finish_reason: finishReason(path),
    })),
  };
}

/** The same as one piece of a stream; whose piece it is, is said by its first one. */
export function chatChunk(head: AnswerHead, choices: readonly Choice[]) {
  const { choices: whole, ...rest } = chatAnswer(head, choices);
  return {
    ...rest,
    object: 'chat.completion.chunk' as const,
    choices: whole.map(({ message: { role, content }, ...choice }, at) => ({
      ...choice,
      delta: choices[at]?.isContinued === true ? { content } : { role, content },
    })),
  };
}

/** A prompt counts once, however many samples it has. */
export function usageOf(choices: readonly Choice[]): Usage {
  const prompts = new Map(choices.map(({ path }) => [path.promptId, path.promptTokenCount]));
  const prompt = [...prompts.values()].reduce((sum, count) => sum + count, 0);
  const completion = choices.reduce((sum, { path }) => sum + path.tokenCount, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function textChoice(
  index: number,
  path: generation.GenerateResponse,
  wanted: { readonly logProbs: boolean; readonly tokenIds: boolean },
): CompletionChoice {
  return {
    index,
    text: path.text,
    logprobs: wanted.logProbs ? logProbsOf(path) : null,
    finish_reason: finishReason(path),
    ...(wanted.tokenIds ? { token_ids: path.tokenIds } : {}),
  };
}

function logProbsOf({ tokenIds, logProbs }: generation.GenerateResponse): LogProbs {
  const tokens = tokenIds.map((id) => `token_id:${id}`);
  return { tokens, token_logprobs: logProbs, top_logprobs: null, text_offset: [] };
}

function finishReason({
  finishReason: reason,
  isPiece,
}: generation.GenerateResponse): CompletionChoice['finish_reason'] {
  if (isPiece) return null;
  return reason === generation.FinishReason.LENGTH ? 'length' : 'stop';
}

/** The digests of the model that answered. */
function modelOf([first]: readonly Choice[]): string {
  const { digest = '', adapterDigest = '' } = first?.path.model ?? {};
  return adapterDigest === '' ? digest : `${digest}+${adapterDigest}`;
}

function tooLong(which: string): SipfError {
  const description = `prompt${which} leaves the model no room for a single token`;
  const violations = [{ field: 'prompt', description }];
  return new SipfError('invalid-argument', description, { reason: 'TEXT_TOO_LONG', violations });
}
