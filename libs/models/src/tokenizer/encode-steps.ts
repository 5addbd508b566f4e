import { SipfError } from '@sipf/errors';
import type { Tokenizer } from './tokenizer.ts';

/** The text before the first step where a verifier names none. */
const DEFAULT_PROMPT_TEMPLATE = '{question}\n';

/** Between two steps: a step is a line. */
const STEP_SEPARATOR = '\n';

/** A path as a verifier reads it. */
export interface EncodedSteps {
  /** Token ids of prompt and steps, BOS included where the tokenizer adds it. */
  readonly ids: readonly number[];
  /** Number of tokens before the first step's. */
  readonly promptLength: number;
  /** Index in `ids` of the last token of every step, ascending. */
  readonly stepEnds: readonly number[];
}

/** The text before the first step. */
export function renderPrompt(question: string, template: string = DEFAULT_PROMPT_TEMPLATE): string {
  return template.replaceAll('{question}', () => question);
}

/**
 * Encodes prompt and steps for training and scoring alike. The text is encoded as a whole, as the policy writes it; a
 * step ends with the token that completes its last character. Where a tokenizer does not give its text back (it
 * normalises, or knows not all of it), prompt and steps are encoded one by one and joined.
 *
 * @param steps line breaks at a step's end are not part of it
 * @throws SipfError `invalid-argument` STEP_EMPTY for a step without a token
 */
export function encodeSteps(tokenizer: Tokenizer, prompt: string, steps: readonly string[]): EncodedSteps {
  const lines = steps.map((step) => step.replace(/\n+$/, ''));
  return encodeWhole(tokenizer, prompt, lines) ?? encodeApart(tokenizer, prompt, lines);
}

/** Undefined when the tokens' text is not the text. */
function encodeWhole(
  tokenizer: Tokenizer,
  prompt: string,
  lines: readonly string[],
): EncodedSteps | undefined {
  const text = prompt + lines.join(STEP_SEPARATOR);
  const ids = tokenizer.encode(text);
  const ends = characterEnds(tokenizer, ids, text);
  if (ends === undefined) return undefined;
  const stepEnds: number[] = [];
  let offset = prompt.length;
  let token = ends.findIndex((end) => end > offset);
  const promptLength = token;
  for (const line of lines) {
    offset += line.length;
    while (token < ids.length - 1 && (ends[token] ?? 0) < offset) token++;
    if (line === '' || token <= (stepEnds.at(-1) ?? promptLength - 1)) return undefined;
    stepEnds.push(token);
    offset += STEP_SEPARATOR.length;
  }
  return promptLength < 0 ? undefined : { ids, promptLength, stepEnds };
}

/** Number of characters that are final after every token. */
function characterEnds(tokenizer: Tokenizer, ids: readonly number[], text: string): number[] | undefined {
  const decoder = tokenizer.createIncrementalDecoder();
  let decoded = '';
  const ends = ids.map((id) => (decoded += decoder.push(id)).length);
  return decoded + decoder.finish() === text ? ends : undefined;
}

function encodeApart(tokenizer: Tokenizer, prompt: string, lines: readonly string[]): EncodedSteps {
  const ids = [...tokenizer.encode(prompt)];
  const separator = tokenizer.encode(STEP_SEPARATOR, { addSpecialTokens: false });
  const promptLength = ids.length;
  const stepEnds = lines.map((line, index) => {
    const tokens = tokenizer.encode(line, { addSpecialTokens: false });
    if (tokens.length === 0) {
      throw new SipfError('invalid-argument', `step ${index} has no tokens`, {
        reason: 'STEP_EMPTY',
        violations: [{ field: `steps[${index}]`, description: 'must not be empty' }],
      });
    }
    ids.push(...(index === 0 ? [] : separator), ...tokens);
    return ids.length - 1;
  });
  return { ids, promptLength, stepEnds };
}
