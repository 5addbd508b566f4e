import type { EncodedSteps } from '../tokenizer/encode-steps.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { foreignTokenizer, wrongMarks } from './format-errors.ts';

/** A token that stands after every step. */
export interface StepMark {
  readonly text: string;
  readonly id: number;
}

/** The id of a text's last token. @throws SipfError failed-precondition TOKENIZER_INVALID where it has none */
export function lastToken(tokenizer: Tokenizer, text: string): number {
  const id = tokenizer.encode(text, { addSpecialTokens: false }).at(-1);
  if (id === undefined) throw foreignTokenizer(text);
  return id;
}

/**
 * A path whose steps are scored at the positions of a mark.
 * @param prompt a beginning of the path without steps, which separates the path's tokens
 * @throws SipfError invalid-argument TEXT_NOT_ENCODABLE where there are not as many marks as steps
 */
export function markedPath(
  ids: readonly number[],
  { mark, steps, promptLength }: { mark: StepMark; steps: number; promptLength: number },
): EncodedSteps {
  const stepEnds = ids.flatMap((id, at) => (id === mark.id ? [at] : []));
  if (stepEnds.length !== steps) throw wrongMarks(mark.text, stepEnds.length, steps);
  return { ids, promptLength: Math.min(promptLength, stepEnds[0] ?? 0), stepEnds };
}
