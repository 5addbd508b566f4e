import { encodeSteps, renderPrompt } from '../tokenizer/encode-steps.ts';
import type { ReaderParts, VerifierReader } from './verifier-format.ts';

/** Verifiers trained here: the question in its template, a step a line, scores at the steps' last tokens. */
export function sipfReader({ config: { head }, tokenizer }: ReaderParts): VerifierReader {
  const template = head === 'lm' ? undefined : head.promptTemplate;
  return {
    format: 'sipf',
    stepSeparator: '\n',
    head,
    encode: ({ question, steps }) => encodeSteps(tokenizer, renderPrompt(question, template), steps),
  };
}
