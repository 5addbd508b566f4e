import { isHarmless } from './harmless.ts';
import {
  asianChangers,
  changers,
  factors,
  months,
  numberWords,
  parts,
  scales,
  touchingUnits,
} from './number-words.ts';
import { otherPartAfter } from './other-parts.ts';

const scaleWord = new RegExp(String.raw`^ ?-?(${[...scales.keys()].join('|')})(?!\p{L})`, 'iu');
const changer = new RegExp(String.raw`^ ?-?(?:and )?(?:an? |one )?(?:${changers})(?!\p{L})`, 'iu');
const secondNumber = new RegExp(
  String.raw`(?<!\p{L})(?:${numberWords})(?!\p{L})|(?<!\p{L})and (?:an? |one[ -])?(?:${parts})(?!\p{L})`,
  'iu',
);
const month = new RegExp(String.raw`^ ?(?:st|nd|rd|th)?(?: of)? (?:${months})(?!\p{L})`, 'iu');
const factor = new RegExp(String.raw`^ ?(?:${factors})(?!\p{L})`, 'iu');
/** From where on an answer is explained, numbers and all. */
const explanation =
  /,? (?:because|since|which|so|where|as|i\.e\.|(?:and )?not|instead of|rather than) .*$/isu;
/** `18 or more` names 18 as `at least 18` does, `18 or so` as `about 18`. */
const bound = /^ or (?:more|less|fewer|so|greater|higher|lower)(?!\p{L})/iu;
const asianChanger = new RegExp(`^ ?(?:${asianChangers})`, 'u');
/** `18 per thousand`, `18 full dozens`: of another size than the number says. */
const share =
  /^ (?:(?:parts )?per|in a|(?:out )?of a|in one|for every) (?:hundred|thousand|mille|mill?|million|billion)(?!\p{L})/iu;
const manyDozen =
  /^ (?:full|whole|complete|more|other|extra|additional|such|baker['’]s) doz(?:ens?)?(?!\p{L})/iu;
/** From where on other numbers are of other things. */
const circumstance = / (?:for|in|from|with|after|on|at|each|every|during|within|among|per) .*$/isu;

/** `18` of `18, because 3 * 6 = 18`: its equations say how, not what. */
export function withoutExplanation(plain: string): string {
  return plain.replace(/(?<=\d.*),? (?:because|since) .*$/isu, '');
}

/**
 * What the text after a number multiplies it by: 1 for units, percent and punctuation, 1,000 for `k` and `thousand`. The text
 * is plain, as `plainText` leaves it.
 * @returns undefined if the text makes it another number, or an unknown one
 */
export function scaleAfter(after: string): bigint | undefined {
  const [scale, following] = takeScales(after.replace(explanation, '').replace(bound, ''));
  // A unit's power, and a number that is part of a word: km^2, m3; 3 30-minute episodes.
  const rest = following.replaceAll(
    /(?<=\p{L}) ?\^-?[123](?!\d)|(?<=\p{L})[23](?!\d)|(?<= )\d+-(?=\p{L}{3})/gu,
    '',
  );
  if (!isHarmless(rest) || rest.includes('#')) return undefined;
  if (!isTouchingUnit(rest) || !isUnitBeside(rest) || !joinsWords(rest)) return undefined;
  // A bar or a dot over the last digit repeats it without end.
  if (/^[\u0300-\u036f]/u.test(rest) || asianChanger.test(rest)) return undefined;
  if ([share, manyDozen, otherPartAfter].some((pattern) => pattern.test(rest))) return undefined;
  if (changer.test(rest) || month.test(rest) || factor.test(rest)) return undefined;
  return secondNumber.test(rest.replace(circumstance, '')) ? undefined : scale;
}

function takeScales(after: string): [bigint, string] {
  if (/^k(?![\p{L}\d])/iu.test(after)) return [1000n, after.slice(1)];
  let [scale, rest] = [1n, after];
  for (let word = scaleWord.exec(rest); word !== null; word = scaleWord.exec(rest)) {
    scale *= scales.get(word[1]?.toLowerCase() ?? '') ?? 1n;
    rest = rest.slice(word[0].length);
  }
  return [scale, rest];
}

/** Scripts without letters that stand for an unknown: `5元`, `5개`. */
const isAsian = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** `18kg`, `18th`, `18apples` and what begins with no letter; not `2x`, `7xy`, `5M`, `2(`. */
function isTouchingUnit(rest: string): boolean {
  if (/^ ?\((?!\p{L}{2})|^\(/u.test(rest)) return false;
  const word = /^\p{L}+/u.exec(rest)?.[0];
  return word === undefined || word.length > 3 || touchingUnits.has(word) || isAsian.test(word);
}

/** `18 m`, `18 apples`, `18 a day`; not `18 x`, `18 xy`. */
function isUnitBeside(rest: string): boolean {
  const [, name, next] = /^ (\p{L}+)(?: (\p{L}+))?/u.exec(rest) ?? [];
  if (name === undefined || touchingUnits.has(name) || isAsian.test(name)) return true;
  if (name.length === 1) return /[aAI]/.test(name) && (next?.length ?? 0) > 1;
  // A million in books of account; mm is a length.
  if (name === 'MM') return false;
  return name.length > 2 || /[aeiou]|[^a-z]/.test(name);
}

/** Dashes and strokes that join words or set a remark apart: `18-hour`, `18/hour`, `18 - the total`; not `18-x`, `18/n`. */
function joinsWords(rest: string): boolean {
  return !/[-/]/.test(rest.replaceAll(/(?:-|\/|—| [-—]) ?(?:\p{L}{2,}|(?<=\/ ?)[hdsm](?!\p{L}))/gu, ''));
}
