import type { ExtractionMode } from '../task.ts';
import { answerText } from './answer-text.ts';
import { lastNumber } from './last-number.ts';
import { markedAnswer } from './marked-answers.ts';
import { parseNumber } from './parse-number.ts';
import { equalRational, formatRational } from './rational.ts';

/** How far from its end a text is searched for its last number, in UTF-16 units; bounds the work on hostile text. */
const tailLength = 2000;

/**
 * The final answer of a text, without its closing period; as written, or plain where what stands beside it belongs to it.
 *
 * `strict` takes the marked answer: after `####`, after `The answer is` and `Answer:`, in `\boxed{72}`, in
 * `<answer>72</answer>`. Of several the last one that holds a number counts, but nothing after the first `#### 72` line or in a
 * next question, and nothing that is thought before it (`<think>`). `flexible` falls back on the text's last number where no
 * mark holds one.
 */
export function extractNumber(text: string, mode: ExtractionMode): string | undefined {
  const written = answerText(text);
  const marked = markedAnswer(written);
  if (mode === 'strict') return marked;
  if (marked === undefined) return lastNumber(written.slice(-tailLength));
  // A marked answer that cannot be read is still the answer: no fallback.
  return parseNumber(marked) === undefined ? undefined : marked;
}

/** Whether two answers are numbers and exactly equal: `0.5`, `1/2` and `$.50` are, `0.33` and `1/3` are not. */
export function equalNumbers(first: string, second: string): boolean {
  const [a, b] = [parseNumber(first), parseNumber(second)];
  return a !== undefined && b !== undefined && equalRational(a, b);
}

/** A number's text in one form, exact: `1234.5` of `$1,234.50`, `1/3` of `\frac{1}{3}`; undefined for what is not a number. */
export function plainNumber(answer: string): string | undefined {
  const value = parseNumber(answer);
  return value === undefined ? undefined : formatRational(value);
}
