import type { ExtractionMode } from '../task.ts';
import { findNumbers, parseNumber } from './parse-number.ts';
import { equalRational } from './rational.ts';

/** How far from its end a text is searched for its last number, in UTF-16 units; bounds the work on hostile text. */
const tailLength = 2000;

/**
 * The final answer of a text as written, without its closing period.
 *
 * `strict` takes the first marked answer: the `#### 72` line, else `The answer is 72`, else `\boxed{72}`; what a model
 * writes after its final answer does not count. `flexible` falls back on the last number where no mark holds a number.
 */
export function extractNumber(text: string, mode: ExtractionMode): string | undefined {
  const marked = findMarked(text);
  if (mode === 'strict') return marked;
  if (marked !== undefined && parseNumber(marked) !== undefined) return marked;
  return findNumbers(text.slice(-tailLength)).at(-1);
}

/** Whether two answers are numbers and exactly equal: `0.5`, `1/2` and `$.50` are, `0.33` and `1/3` are not. */
export function equalNumbers(first: string, second: string): boolean {
  const [a, b] = [parseNumber(first), parseNumber(second)];
  return a !== undefined && b !== undefined && equalRational(a, b);
}

function findMarked(text: string): string | undefined {
  const line = /^[^\S\n]*####[^\S\n]*(.*)$/m.exec(text)?.[1];
  const sentence = /\bthe (?:final )?answer is:? *([^\n]*)/i.exec(text)?.[1];
  const boxed = /\\boxed\{([^{}\n]*)\}/.exec(text)?.[1];
  const marked = line ?? (sentence === undefined ? boxed : firstSentence(sentence));
  const answer = marked?.trim().replace(/\.$/, '');
  return answer === undefined || answer === '' ? undefined : answer;
}

/** Up to a period that ends a sentence: `5.50 dollars. Next` gives `5.50 dollars`. */
function firstSentence(text: string): string {
  return /^.*?(?=\.(?:\s|$)|$)/.exec(text)?.[0] ?? text;
}
