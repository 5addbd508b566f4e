import type { EncodedSteps } from '../tokenizer/encode-steps.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { emptyStep } from './format-errors.ts';
import type { PathText, ReaderParts, VerifierReader } from './verifier-format.ts';

/** The default of TRL's PRMTrainer. */
const SEPARATOR = '\n';

/**
 * Token-classification verifiers as TRL's PRMTrainer lays their data out: BOS where there is one, prompt and steps encoded
 * one by one, a separator after every step, the step's score at the separator's last token.
 */
export function trlReader({ config: { head }, tokenizer }: ReaderParts): VerifierReader {
  return { format: 'trl', stepSeparator: SEPARATOR, head, encode: (path) => encodeApart(tokenizer, path) };
}

function encodeApart(tokenizer: Tokenizer, { question, steps }: PathText): EncodedSteps {
  const encode = (text: string): number[] => tokenizer.encode(text, { addSpecialTokens: false });
  const { bosTokenId } = tokenizer;
  const ids = [...(bosTokenId === null ? [] : [bosTokenId]), ...encode(question)];
  const promptLength = ids.length;
  const separator = encode(SEPARATOR);
  const stepEnds = steps.map((step, index) => {
    const tokens = encode(step);
    if (tokens.length === 0) throw emptyStep(index);
    ids.push(...tokens, ...separator);
    return ids.length - 1;
  });
  return { ids, promptLength, stepEnds };
}
