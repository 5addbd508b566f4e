import { Completion, type FinishReason, type GeneratedSample, type ResolvedRequest } from '@sipf/inference';
import { DECODED_TOKEN, piecesTask, type AsyncTokenizer } from '@sipf/models';
import { wrongAnswer } from './wrong-answer.ts';

/**
 * A sample as the engine would have it of the same tokens, where the server returns them: with their text, ended by the first
 * stop string in it. Servers differ in white space and in bytes that are not UTF-8, and take few stop strings; any other
 * difference means another tokenizer.
 *
 * @returns undefined for a server that stopped at a stop string which its text has and the tokens have not: without stop
 * strings it
 *   would have gone on
 * @throws SipfError failed-precondition BACKEND_ANSWER_INVALID for a text of another tokenizer; as AsyncTokenizer.run
 */
export async function withOwnText(
  sample: GeneratedSample,
  request: ResolvedRequest,
  tokenizer: AsyncTokenizer,
): Promise<GeneratedSample | undefined> {
  const { tokenIds } = sample;
  if (tokenIds === undefined) return sample;
  const own = await readOwn(tokenIds, request, tokenizer);
  const { stopStrings } = request.sampling;
  if (own.ended === undefined && sample.finishReason === 'stop-string' && stopStrings.length > 0)
    return undefined;
  if (own.ended === undefined && sample.finishReason === 'stop-string') throw endedByNothing();
  checkText(own, sample.text);
  return cut(sample, own);
}

interface OwnReading {
  /** Tokens up to the end. */
  readonly count: number;
  readonly text: string;
  /** Undefined where nothing but the server ended them. */
  readonly ended: FinishReason | undefined;
  readonly isCut: boolean;
}

async function readOwn(
  tokenIds: readonly number[],
  { promptIds, sampling }: ResolvedRequest,
  tokenizer: AsyncTokenizer,
): Promise<OwnReading> {
  const last = tokenIds.at(-1);
  const ends = last !== undefined && sampling.stopTokenIds.includes(last);
  const said = { ids: ends ? tokenIds.slice(0, -1) : tokenIds, promptIds };
  const pieces = await tokenizer.run(piecesTask, said, DECODED_TOKEN * tokenIds.length);
  const completion = new Completion(sampling, decoderOf(pieces));
  let ended: FinishReason | undefined;
  for (const id of tokenIds) {
    ended = completion.push(id, 0);
    if (ended !== undefined) break;
  }
  const count = completion.tokenIds.length;
  return { count, text: completion.text(), ended, isCut: count < tokenIds.length };
}

/** Where either text has bytes that are no UTF-8 they cannot be compared: vLLM drops them at the end of a text. */
function checkText({ text, isCut }: OwnReading, theirs: string): void {
  if (text.includes(INVALID) || theirs.includes(INVALID)) return;
  const [own, other] = [bare(text), bare(theirs)];
  if (isCut ? other.startsWith(own) : own === other) return;
  const quoted = JSON.stringify(theirs.slice(0, 60));
  const description = `is ${quoted}, its token_ids say ${JSON.stringify(text.slice(0, 60))} by the tokenizer of --model`;
  throw wrongAnswer({ field: 'choices[0].text', description });
}

/** E.g. an end token that the server's folder of the model has and this one has not. */
function endedByNothing(): Error {
  const description = 'is stop, its token_ids end with no end token of --model';
  return wrongAnswer({ field: 'choices[0].finish_reason', description });
}

function cut(sample: GeneratedSample, { count, text, ended }: OwnReading): GeneratedSample {
  const logProbs = sample.logProbs.slice(0, count);
  return {
    ...sample,
    ...{ text, logProbs, tokenCount: count },
    tokenIds: sample.tokenIds?.slice(0, count),
    top: sample.top.slice(0, count),
    meanLogProb: count === 0 ? 0 : logProbs.reduce((sum, value) => sum + value, 0) / count,
    finishReason: ended ?? sample.finishReason,
  };
}

/** A decoder of tokens whose text is known already. */
function decoderOf({ text, ends }: ReturnType<typeof piecesTask.run>) {
  let [at, from] = [0, 0];
  const upTo = (end: number): string => {
    const piece = text.slice(from, end);
    from = end;
    return piece;
  };
  return { push: () => upTo(ends[at++] ?? text.length), finish: () => upTo(text.length) };
}

const INVALID = '\uFFFD';

function bare(text: string): string {
  return text.replaceAll(/\s/gu, '');
}
