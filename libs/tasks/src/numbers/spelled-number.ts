import { numberWords, scales } from './number-words.ts';

/** `one`, which is a pronoun too, is not among the words beside which digits are a second number. */
const values = new Map([
  ['one', 1n],
  ...numberWords.split('|').map((word, at) => [word, valueAt(at)] as const),
]);
const word = `(?:one|and|${[...values.keys(), ...scales.keys()].join('|')})`;
const bracketAfter = /^([^(]*?) ?\(([\p{L} -]{3,80})\)/u;
const bracketBefore = new RegExp(String.raw`(?<!\p{L})(${word}(?:[ -]${word})*) \($`, 'iu');

/** The text after a number without the bracket that says it in words: `18 (eighteen) apples`, with what the words say. */
export function takeSpelling(before: string, after: string): [rest: string, says: bigint | undefined] {
  const [bracket, lead = '', words = ''] = bracketAfter.exec(after) ?? [];
  const says = spelledNumber(words);
  if (bracket !== undefined && says !== undefined) return [lead + after.slice(bracket.length), says];
  return [after, spelledNumber(bracketBefore.exec(before)?.[1] ?? '')];
}

/**
 * A whole number in English words, `twenty-one` or `two hundred and five thousand`, with units behind it or not.
 * @returns undefined where the text begins with another word, or the words are not a number
 */
export function spelledNumber(text: string): bigint | undefined {
  let [total, group, last] = [0n, 0n, undefined as bigint | undefined];
  for (const name of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    const [value, scale] = [values.get(name), scales.get(name)];
    if (name === 'and' && last !== undefined) continue;
    if (value === undefined && scale === undefined) break;
    if (value !== undefined) {
      if (!mayFollow(value, last)) return undefined;
      group += value;
    } else if (last === undefined) return undefined;
    else if (scale === 100n) group *= 100n;
    else [total, group] = [total + group * (scale ?? 1n), 0n];
    last = value ?? scale;
  }
  return last === undefined ? undefined : total + group;
}

/** `twenty` `one`, `hundred` `five`; not `two` `three`, `twenty` `eleven`. */
function mayFollow(value: bigint, last: bigint | undefined): boolean {
  return last === undefined || last >= 100n || (last >= 20n && value > 0n && value < 10n);
}

/** Zero, then two to twenty, then tens. */
function valueAt(at: number): bigint {
  if (at === 0) return 0n;
  return BigInt(at < 20 ? at + 1 : (at - 17) * 10);
}
