import { lastToken, markedPath } from './marked-path.ts';
import type { ReaderParts, VerifierReader } from './verifier-format.ts';

const STEP_TAG = 'ки';

/**
 * Math-Shepherd: a language model reads `question Step 1: … ки`, a step a line, and says at every tag whether the next
 * token would be `+` or `-`. Steps that do not begin with `Step i:` are given that beginning, as in its training.
 */
export function mathShepherdReader({ tokenizer }: ReaderParts): VerifierReader {
  const mark = { text: STEP_TAG, id: lastToken(tokenizer, STEP_TAG) };
  return {
    format: 'math-shepherd',
    stepSeparator: ` ${STEP_TAG}\n`,
    head: {
      kind: 'token-pair',
      numLabels: 2,
      features: 'hidden',
      goodTokenId: lastToken(tokenizer, '+'),
      badTokenId: lastToken(tokenizer, '-'),
    },
    encode: ({ question, steps }) => {
      const lines = steps.map((step, index) => `${numbered(step.trim(), index)} ${STEP_TAG}`);
      const ids = tokenizer.encode(`${question} ${lines.join('\n')}`);
      return markedPath(ids, {
        mark,
        steps: steps.length,
        promptLength: tokenizer.encode(question).length,
      });
    },
  };
}

function numbered(step: string, index: number): string {
  return /^Step \d+:/.test(step) ? step : `Step ${index + 1}: ${step}`;
}
