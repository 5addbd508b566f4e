import { createCompletion, type GeneratedSample, type ResolvedRequest } from '@sipf/inference';
import { DECODED_TOKEN, piecesTask, type AsyncTokenizer } from '@sipf/models';
import { wrongAnswer } from './wrong-answer.ts';

/**
 * A sample with the text of its tokens, where the server reports them, as the engine would read them. Servers differ in white space and
 * in bytes that are not UTF-8; any other difference means another tokenizer.
 *
 * @throws SipfError failed-precondition BACKEND_ANSWER_INVALID for a text of another tokenizer; as AsyncTokenizer.run
 */
export async function withOwnText(
  sample: GeneratedSample,
  { promptIds, sampling }: ResolvedRequest,
  tokenizer: AsyncTokenizer,
): Promise<GeneratedSample> {
  const { tokenIds, text: theirs } = sample;
  if (tokenIds === undefined) return sample;
  const last = tokenIds.at(-1);
  const ends = last !== undefined && sampling.stopTokenIds.includes(last);
  const said = { ids: ends ? tokenIds.slice(0, -1) : tokenIds, promptIds };
  const pieces = await tokenizer.run(piecesTask, said, DECODED_TOKEN * tokenIds.length);
  const completion = createCompletion(sampling, decoderOf(pieces));
  for (const id of tokenIds) completion.push(id, 0);
  const text = completion.text();
  if (bare(text) === bare(theirs)) return { ...sample, text };
  const quoted = JSON.stringify(theirs.slice(0, 60));
  const description = `is ${quoted}, its token_ids say ${JSON.stringify(text.slice(0, 60))} by the tokenizer of --model`;
  throw wrongAnswer({ field: 'choices[0].text', description });
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

function bare(text: string): string {
  return text.replaceAll(/[\s\uFFFD]/gu, '');
}
