import type { FinishReason, GeneratedSample, ResolvedRequest } from '@sipf/inference';
import { completionAnswer, type ReadCompletion } from '@sipf/openai';
import { readPrompt, readTop } from './read-log-probs.ts';
import { anotherModel, readAnswer, wrongAnswer } from './wrong-answer.ts';

/** The model that an answer must be of. */
export interface AskedModel {
  /** The server's name of it. */
  readonly name: string;
  /** The model's digest, followed by `+` and the adapter's. */
  readonly digest: string;
  /** The model's own end tokens. */
  readonly stopTokenIds: readonly number[];
  readonly vocabSize: number;
}

const reader = {
  schema: completionAnswer,
  isAnswer: (value: object) =>
    'choices' in value &&
    Array.isArray(value.choices) &&
    ('model' in value || 'object' in value) &&
    !isAborted(value.choices),
  remedyOf: (field: string) =>
    field.startsWith('choices[0].logprobs')
      ? 'every token’s log-probability is needed: a server of completions ' +
        'that reports logprobs, such as vLLM or a gateway of SIPF'
      : '',
};

/** A server that gave up a sample says so in its reason, and may be asked again. */
function isAborted(choices: readonly unknown[]): boolean {
  const [first] = choices as readonly ({ readonly finish_reason?: unknown } | null)[];
  return first?.finish_reason === 'abort';
}

/**
 * Reads an answer to a request of one sample, whose text is the server's; undefined for what is none.
 * @throws SipfError failed-precondition: MODEL_NOT_LOADED where another model answered than was asked, BACKEND_ANSWER_INVALID
 * for an
 *   answer that lacks or contradicts what was asked, naming the field
 */
export function readCompletion(
  text: string,
  asked: AskedModel,
  request: ResolvedRequest,
): GeneratedSample | undefined {
  const data = readAnswer(text, reader);
  const [choice] = data?.choices ?? [];
  if (data === undefined || choice === undefined) return undefined;
  checkModel(data, asked);
  checkCounts(data, choice, request);
  checkIds(choice.token_ids ?? [], asked.vocabSize);
  const wanted = { ...request, topLogProbs: Math.min(request.topLogProbs, asked.vocabSize) };
  const { requestIndex, firstSampleIndex: sampleIndex, sampling } = request;
  const written = sampling.maxNewTokens === 0 ? NOTHING : writtenBy(choice, wanted, asked.stopTokenIds);
  return { requestIndex, sampleIndex, ...written, prompt: readPrompt(choice, wanted) };
}

type Choice = ReadCompletion['choices'][number];
type Written = Omit<GeneratedSample, 'requestIndex' | 'sampleIndex' | 'prompt'>;

/** What a server writes after a prompt that is only read is dropped. */
const NOTHING: Written = {
  ...{ text: '', tokenIds: [], tokenCount: 0, logProbs: [], meanLogProb: 0 },
  ...{ finishReason: 'length', top: [] },
};

function writtenBy(choice: Choice, wanted: ResolvedRequest, stopTokenIds: readonly number[]): Written {
  const { token_logprobs: logProbs } = choice.logprobs;
  return {
    tokenIds: choice.token_ids ?? undefined,
    tokenCount: logProbs.length,
    text: choice.text,
    logProbs,
    meanLogProb: logProbs.reduce((sum, value) => sum + value, 0) / logProbs.length,
    finishReason: finishReasonOf(choice, stopTokenIds),
    top: readTop(choice, wanted),
  };
}

/** Every server repeats the name; one of ours reports the digests too. */
function checkModel(
  { model, system_fingerprint: fingerprint }: ReadCompletion,
  { name, digest }: AskedModel,
): void {
  const isDigest = fingerprint?.startsWith('sha256:') === true;
  if (model === name && (!isDigest || fingerprint === digest)) return;
  throw model === name
    ? anotherModel({ field: 'system_fingerprint', answered: fingerprint ?? '', wanted: digest })
    : anotherModel({ field: 'model', answered: model, wanted: name });
}

/** Numbers of tokens that contradict each other, the request or the prompt. */
function checkCounts(
  { usage }: ReadCompletion,
  { logprobs, token_ids: tokenIds }: Choice,
  { promptIds, sampling }: ResolvedRequest,
): void {
  const count = logprobs.token_logprobs.length;
  const check = (field: string, found: number | undefined, expected: number, of: string): void => {
    if (found === undefined || found === expected) return;
    throw wrongAnswer({ field, description: `is of ${found} tokens, ${of} ${expected}` });
  };
  check('choices[0].token_ids', tokenIds?.length, count, 'choices[0].logprobs.token_logprobs of');
  check('usage.completion_tokens', usage?.completion_tokens, count, 'choices[0].logprobs.token_logprobs of');
  check('usage.prompt_tokens', usage?.prompt_tokens, promptIds.length, 'this model’s tokenizer makes');
  const most = Math.max(sampling.maxNewTokens, 1);
  if (count <= most) return;
  const description = `has ${count} tokens, at most ${most} were asked for`;
  throw wrongAnswer({ field: 'choices[0].logprobs.token_logprobs', description });
}

function checkIds(tokenIds: readonly number[], vocabSize: number): void {
  const at = tokenIds.findIndex((id) => id >= vocabSize);
  if (at === -1) return;
  const description = `is ${tokenIds[at] ?? ''}, outside the vocabulary of ${vocabSize}`;
  throw wrongAnswer({ field: `choices[0].token_ids[${at}]`, description });
}

/** By the last token where there are tokens, else by vLLM's `stop_reason`, a text where a stop string ended the sample. */
function finishReasonOf(
  { finish_reason: reason, token_ids: tokenIds, stop_reason: stop }: Choice,
  stopTokenIds: readonly number[],
): FinishReason {
  if (reason === 'length') return 'length';
  if (tokenIds === undefined || tokenIds === null)
    return typeof stop === 'string' ? 'stop-string' : 'end-token';
  const last = tokenIds.at(-1);
  return last !== undefined && stopTokenIds.includes(last) ? 'end-token' : 'stop-string';
}
