import { SipfError } from '@sipf/errors';
import { completionAnswer, parseJson, type ReadCompletion } from '@sipf/openai';
import { endOf, type TextSample } from '../text-generator.ts';

/** What an answer is read by. */
export interface AskedModel {
  /** The server's name of it. */
  readonly name: string;
  /** The model's digest, followed by `+` and the adapter's. */
  readonly digest: string;
  /** The model's own end tokens. */
  readonly stopTokenIds: readonly number[];
}

/** A sample without its place among the others. */
export type ReadSample = Omit<TextSample, 'requestIndex' | 'sampleIndex'>;

/**
 * Reads an answer with one sample; undefined for what is none.
 * @throws SipfError failed-precondition MODEL_NOT_LOADED where another model answered than was asked
 */
export function readCompletion(text: string, asked: AskedModel): ReadSample | undefined {
  const { data } = completionAnswer.safeParse(parseJson(text));
  const [choice] = data?.choices ?? [];
  if (data === undefined || choice === undefined) return undefined;
  checkModel(data, asked);
  const { token_logprobs: logProbs } = choice.logprobs;
  const tokenIds = choice.token_ids ?? undefined;
  const counts = [tokenIds?.length, data.usage?.completion_tokens].filter((count) => count !== undefined);
  if (counts.some((count) => count !== logProbs.length)) return undefined;
  return {
    text: choice.text,
    tokenIds,
    tokenCount: logProbs.length,
    logProbs,
    meanLogProb: logProbs.reduce((sum, value) => sum + value, 0) / logProbs.length,
    ended: endedBy(choice, asked.stopTokenIds),
  };
}

/** Every server repeats the name; one of ours tells the digests too. */
function checkModel({ model, system_fingerprint: told }: ReadCompletion, { name, digest }: AskedModel): void {
  const isDigest = told?.startsWith('sha256:') === true;
  if (model === name && (!isDigest || told === digest)) return;
  const [answered, wanted] = model === name ? [told ?? '', digest] : [model, name];
  const message = `the backend answered as ${answered.slice(0, 160)}, asked was ${wanted}`;
  throw new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED' });
}

/** By the last token where tokens are told, else by vLLM's `stop_reason`, a text where a stop string ended the sample. */
function endedBy(
  { finish_reason: reason, token_ids: tokenIds, stop_reason: stop }: ReadCompletion['choices'][number],
  stopTokenIds: readonly number[],
): TextSample['ended'] {
  if (tokenIds !== undefined && tokenIds !== null) return endOf(reason, tokenIds.at(-1), stopTokenIds);
  if (reason === 'length') return 'length';
  return typeof stop === 'string' ? 'stop-string' : 'end-token';
}
