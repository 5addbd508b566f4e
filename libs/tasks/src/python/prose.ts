import type { LogicalLine } from './logical-lines.ts';

/** Words between which two operands may stand, or after which one may. */
const keywords = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);
/** Keywords only at the beginning of a line. */
const softKeywords = new Set(['match', 'case', 'type']);
/** What a line that ends in a colon begins with. */
const blockWords = new Set(
  'async case class def elif else except finally for if match try while with'.split(' '),
);
const values = new Set(['False', 'None', 'True']);

/** Whether a word is one of Python's own. */
export function isKeyword(word: string): boolean {
  return keywords.has(word);
}

/**
 * Whether a line can be no Python: it has foreign characters, two operands in a row, a period at its end, or a colon where no
 * block begins.
 */
export function isProse({ words, kinds }: LogicalLine): boolean {
  if (words.length === 0) return false;
  const isOperand = (index: number): boolean => {
    const [kind, word = ''] = [kinds[index], words[index]];
    if (kind === 'number' || kind === 'string' || isOpenString(word)) return true;
    return kind === 'name' && (!keywords.has(word) || values.has(word));
  };
  if (kinds.some((kind, index) => kind === 'unknown' && !isOpenString(words[index] ?? ''))) return true;
  if (words.at(-1) === '.') return true;
  if (words.at(-1) === ':' && !blockWords.has(words[0] ?? '')) return true;
  return words.some((_, index) => isOperand(index) && isOperand(index + 1) && !mayStandTogether(index));

  function mayStandTogether(index: number): boolean {
    const areStrings = kinds[index] === 'string' && kinds[index + 1] === 'string';
    return areStrings || (index === 0 && softKeywords.has(words[0] ?? ''));
  }
}

/** A string without an end, or an apostrophe. */
function isOpenString(word: string): boolean {
  return /^[a-z]{0,2}["']/i.test(word);
}
