import { asianChangers, changers, leadingChangers, scales } from './number-words.ts';
import { largerPart, otherPartAfter, otherPartBefore } from './other-parts.ts';
import { plainText } from './plain-text.ts';

/** How far beside an answer is looked for what changes it, in UTF-16 units. */
const reach = 80;

const operator = String.raw`[-+*/^÷±√<>≤≥≠!|]`;
const calculation = new RegExp(String.raw`(?:(?:[\p{L}\d.,()%]+ ?)?${operator} ?)+\(?$`, 'u');
const leadingWord = new RegExp(String.raw`(?<!\p{L})(?:${leadingChangers})(?: (?:of|the|a|an))* ?$`, 'iu');
const otherChoice = /\d[^.=:]{0,20}(?<!\p{L})(?:or|to|of|between|choose|mod|%)$|\d (?:and|,)$|\d:$/u;
/** `\boxed{3} dollars and `: units are at most three words. */
const otherBox =
  /\\boxed\{[^{}]*\}[\s$\\)]*(?:\p{L}+\s+){0,2}(?:\p{L}+)?(?:[,;]|,?\s*(?<!\p{L})(?:or|and)(?!\p{L}))[\s$\\([]*$/u;
/** `\pm 5`, `0.\overline{3}`, `0.(3)`, ` —3`, `1010_2`: what a number stands in. */
const enclosing =
  /(?:\\(?:pm|mp|neq?|overline|bar|dot|log|ln|sin|cos|tan)(?![a-zA-Z])|\d\.\(|(?:^|\s)—|(?<=[\p{L}\d])_)[\s({]*$/u;
/** The thousands before `000` in `3 000 000`. */
const thousands = /(?<![\d.,])\d{1,3}(?: \d{3})* $/;
const touching = /[\p{L}\d]+$/u;

const scaleWords = [...scales.keys(), 'k'].join('|');
const following = new RegExp(
  [
    String.raw`^ ?(?:(?:${operator}|\\|[.,:]\d|\d(?!\d*-\p{L}{3})|[π∞\u0300-\u036f]|\.{2,})[^=≈]*`,
    String.raw`|[ -]?(?:${scaleWords}|(?:and )?(?:an? |one )?(?:${changers}))(?!\p{L})[^=≈.]*`,
    `| ?(?:${asianChangers})`,
    String.raw`|(?:,? ?(?:or|and|to|of) )(?=[^\p{L}]*\d)[^=≈]*)`,
  ].join(''),
  'iu',
);

/**
 * An answer with what stands beside it and changes it: the sign of `-\boxed{5}`, the scale of `\boxed{2}` million, the other
 * one of
 * `7 or \boxed{8}`.
 * @returns `answer` as it is where nothing does; else all of it, plain
 */
export function answerWithNeighbours(
  text: string,
  [start, end]: readonly [number, number],
  answer: string,
): string {
  const [left, right] = [text.slice(Math.max(0, start - reach), start), text.slice(end, end + reach)];
  const [lineBefore, lineAfter] = [lastLine(left), right.split('\n')[0] ?? ''];
  const [before, after] = [changeBefore(lineBefore, answer), changeAfter(lineAfter)];
  const larger = largerPart(`${plainText(lineBefore)} `, ` ${plainText(lineAfter)}`);
  if (larger !== undefined) return `${larger}${plainText(answer)}`;
  if (before === '' && after === '') return answer;
  return `${before}${plainText(answer)}${after}`;
}

/** What opens mathematics in a line of its own does not join that line to the one before it. */
function lastLine(text: string): string {
  const gap = /[\s$*]*(?:\\\[[\s$*]*)?$/.exec(text)?.[0] ?? '';
  return gap.includes('\n') ? '' : (text.split('\n').at(-1) ?? '');
}

function changeBefore(text: string, answer: string): string {
  const plain = plainText(text);
  if (otherBox.test(text)) return `${plain} `;
  if (enclosing.test(plain)) return enclosing.exec(plain)?.[0] ?? '';
  if (/^\d{3}(?!\d)/.test(answer) && thousands.test(text)) return thousands.exec(text)?.[0] ?? '';
  const operation = calculation.exec(plain)?.[0];
  // Apart from its number it may take away: `total - 18`.
  if (operation !== undefined) return /\s$/.test(text) ? `${operation} ` : operation;
  const word = (leadingWord.exec(plain) ?? otherChoice.exec(plain) ?? otherPartBefore.exec(`${plain} `))?.[0];
  if (word !== undefined) return `${word} `;
  return /[\p{L}\d]$/u.test(text) ? (touching.exec(plain)?.[0] ?? '') : '';
}

function changeAfter(text: string): string {
  const plain = plainText(text);
  const gap = /^[\s$*]|^\\[)\]]/.test(text) ? ' ' : '';
  const touches = gap === '' ? (/^\p{L}+/u.exec(plain)?.[0] ?? '') : '';
  const found = (otherPartAfter.exec(`${gap}${plain}`) ?? following.exec(plain))?.[0] ?? touches;
  // Set apart from its number, an exclamation mark ends a sentence.
  if (gap !== '' && /^ ?!(?!=)/.test(found)) return '';
  return found === '' ? '' : `${gap}${found}`;
}
