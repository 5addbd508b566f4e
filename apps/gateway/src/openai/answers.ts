import { generation } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { CompletionAnswer, CompletionChoice, Usage } from '@sipf/openai';
import { chatLogProbsOf, logProbsOf, promptLogProbsOf, type LogProbForm } from './log-probs.ts';

/** Fields that every part of an answer repeats. */
export interface AnswerHead {
  /** e.g. `cmpl-<uuid>` */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** As the request names it; absent for the default model. */
  readonly name: string | undefined;
}

/** A sample, or a piece of one, with its index among the answer's choices. */
export interface Choice {
  readonly index: number;
  readonly path: generation.GenerateResponse;
  /** In a stream: whether pieces of it were sent before. */
  readonly isContinued?: boolean;
}

/** Reduces each whole answer of a stream to the text that its pieces have not sent yet. */
export function unsaidParts(): (choice: Choice) => Choice {
  const said = new Map<number, number>();
  return ({ index, path }) => {
    const before = said.get(index);
    const text = path.isPiece ? path.text : path.text.slice(before ?? 0);
    said.set(index, (before ?? 0) + text.length);
    return { index, path: { ...path, text }, isContinued: before !== undefined };
  };
}

/** Gives each sample its index: the prompts' samples in the order of the prompts. */
export function choiceIndexing({ prompts, sampling }: generation.GenerateRequest) {
  const known = new Map(prompts.map(({ id, firstSampleIndex }, at) => [id, { at, firstSampleIndex }]));
  return (path: generation.GenerateResponse): Choice => {
    const { at, firstSampleIndex } = known.get(path.promptId) ?? { at: 0, firstSampleIndex: 0 };
    if (path.promptTokenCount === 0) throw tooLong(prompts, at);
    return { index: at * (sampling?.n ?? 1) + path.sampleIndex - firstSampleIndex, path };
  };
}

/** What a completion returns besides its text. */
export interface WantedOfText {
  /** Number of most probable tokens at each position; undefined without log-probabilities. */
  readonly logProbs: number | undefined;
  /** The same for the prompt, as a separate list. */
  readonly promptLogProbs: number | undefined;
  /** Whether the prompt comes before the text. */
  readonly echo: boolean;
  readonly tokenIds: boolean;
  readonly asIds: boolean;
}

/** A text completion, whole or a piece of it. */
export function completionAnswer(
  { id, created, name }: AnswerHead,
  choices: readonly Choice[],
  wanted: WantedOfText,
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

/** What a conversation's answer returns besides its text. */
export interface WantedOfChat {
  /** Undefined without log-probabilities. */
  readonly logProbs: LogProbForm | undefined;
  readonly tokenIds: boolean;
}

/** A conversation's answer. */
export function chatAnswer(
  { id, created, name }: AnswerHead,
  choices: readonly Choice[],
  { logProbs, tokenIds }: WantedOfChat,
) {
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
      logprobs: logProbs === undefined ? null : chatLogProbsOf(path.details, logProbs),
      finish_reason: finishReason(path),
      ...(tokenIds ? { token_ids: path.tokenIds } : {}),
    })),
  };
}

/** The same as one piece of a stream; only a choice's first piece names the role. */
export function chatChunk(head: AnswerHead, choices: readonly Choice[], wanted: WantedOfChat) {
  const { choices: whole, ...rest } = chatAnswer(head, choices, wanted);
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
  wanted: WantedOfText,
): CompletionChoice {
  const { logProbs: top, promptLogProbs, asIds } = wanted;
  const before = wanted.echo ? path.promptText : '';
  const tokens = [
    ...(wanted.echo ? [{ details: path.promptDetails, start: 0 }] : []),
    { details: path.details, start: Array.from(before).length },
  ];
  return {
    index,
    text: before + path.text,
    logprobs: top === undefined ? null : logProbsOf(tokens, { top, asIds }),
    finish_reason: finishReason(path),
    ...(wanted.tokenIds ? { token_ids: path.tokenIds } : {}),
    ...(promptLogProbs === undefined
      ? {}
      : { prompt_logprobs: promptLogProbsOf(path.promptDetails, promptLogProbs) }),
  };
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

function tooLong(prompts: generation.GenerateRequest['prompts'], at: number): SipfError {
  const field = prompts[at]?.messages.length === 0 ? 'prompt' : 'messages';
  const which = prompts.length === 1 ? '' : ` ${at}`;
  const description = `${field}${which} leaves the model no room for an answer of the requested length`;
  const violations = [{ field, description }];
  return new SipfError('invalid-argument', description, { reason: 'TEXT_TOO_LONG', violations });
}
