import { findNumbers, parseNumber } from './parse-number.ts';

/** An exclamation mark that touches digits and goes on in mathematics: `7!$`, `7! = 5040`. */
const factorial = String.raw`(?<=\d)!(?:[$\\]|\s*[-+*/^=≈×÷<>])`;
const sentence = new RegExp(
  String.raw`^.*?(?=(?!${factorial})(?<!\.|\b(?:Rs|approx|No|[ap]\.m))[.!?](?:[\s*_$")\]<]|$)|[。！？]|$)`,
);

/** Up to a period that ends a sentence: `5.50 dollars. Next` gives `5.50 dollars`. */
export function firstSentence(text: string): string {
  return sentence.exec(text)?.[0] ?? text;
}

/** Up to the period; what stands alone ends no sentence, so that an exclamation mark is a factorial: `7!`. */
export function valueAlone(text: string): string {
  const value = firstSentence(text);
  return /^!(?!\S*\p{L})/u.test(text.slice(value.length)) && /\d$/.test(value) ? `${value}!` : value;
}

/**
 * The sentence of a text that is nothing else and says one number: `Janet makes $18 a day.`
 * @returns undefined for more than a sentence, which may be a solution, and for more than a number
 */
export function onlySentence(text: string): string | undefined {
  const said = firstSentence(text.trim());
  if (!/^[.!?。！？*_\s]*$/.test(text.trim().slice(said.length))) return undefined;
  return findNumbers(said).length === 1 && parseNumber(said) !== undefined ? said : undefined;
}
