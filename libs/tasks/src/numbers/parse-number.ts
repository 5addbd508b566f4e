import { scaleAfter, withoutExplanation } from './after-number.ts';
import { signBefore } from './before-number.ts';
import { plainText } from './plain-text.ts';
import {
  addRational,
  divideRational,
  equalRational,
  multiplyRational,
  powerOf,
  rational,
  type Rational,
} from './rational.ts';
import { takeSpelling } from './spelled-number.ts';
import { valueSide } from './value-side.ts';

/** Digits with or without groups of three: `1000`, `1,000`, never `1,00`. */
const whole = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)`;
/** `12`, `1,000.50`, `.5`, `5.` is read as `5`. */
const decimal = String.raw`(?:${whole}(?:\.\d+)?|\.\d+)`;
/** `3/4` or `1 1/2`, optionally with currency: `$1/2`. */
const fraction = String.raw`(?:\d+ +)?\d+ ?\/ ?\d+`;
const magnitude = String.raw`(?:${fraction}(?![\d.])|${decimal}(?:[eE][+-]?\d{1,3}(?![\d\w]))?)`;
const currency = '[$€£¥]';
const signed = String.raw`[-−+]? ?${currency}? ?[-−]?${magnitude}`;

/** More digits than this in one number is not an answer; it bounds the work on hostile text. */
const maxLength = 1000;

const anywhere = new RegExp(String.raw`(?<![\d\p{L}).,])${signed}|(?<![\d.,])${currency}?${magnitude}`, 'gu');

/** `(1,234)`, `[1,234]`, `\{1,234\}`: a number, or a pair, an interval, a set. */
const pair = /(?:(?<!\\)[([]|\\\{)\s*\d{1,3}(?:,\d{3})+\s*(?:(?<!\\)[)\]]|\\\})/;

/** The first number of a plain text, in the forms that are distinguished below. */
const firstNumber = new RegExp(
  [
    String.raw`^(?<before>\D*?)(?:`,
    String.raw`(?:(?<mantissa>${decimal}) ?\* ?)?(?<base>\d+) ?\^ ?\(?(?<power>-?\d{1,3})\)?(?!\d)`,
    String.raw`|(?:(?<integer>\d+) +)?(?<above>${decimal}) ?\/ ?(?<below>${decimal})(?!\d|\.\d)`,
    String.raw`|(?<decimal>${decimal})(?:[eE](?<exponent>[+-]?\d{1,3})(?![\d\w]))?`,
    String.raw`)(?<after>.*)$`,
  ].join(''),
  'su',
);

/**
 * Reads an answer as an exact number, or not at all: never another number than the one that is written.
 *
 * Understood are commas and other marks between thousands, currency, units, percent, decimals, fractions (`3/4`,
 * `\frac{3}{4}`), mixed numbers (`1 1/2`, `1½`), powers of ten (`1.5e3`, `3 \times 10^5`), negatives (`-3`, `–3`, `minus 3`),
 * scale words (`2 million`, `5k`), the last side of an equation (`x = 18`), TeX, Markdown and a closing period. Percent is a
 * unit, as in the data sets: `50%` is 50. A text with a second number in it (`3 of 4`, `2:30`, `7-8`), with an unknown or
 * constant (`2x`, `7\pi`), or with a calculation that is not carried out (`2 + 16`, `\sqrt{4}`) is not a number.
 */
export function parseNumber(text: string): Rational | undefined {
  if (text.length > maxLength || pair.test(text)) return undefined;
  if (/^-?\d+$/.test(text)) return rational(BigInt(text), 1n);
  const side = valueSide(withoutExplanation(plainText(text)));
  const found = side === undefined ? undefined : firstNumber.exec(side)?.groups;
  return found === undefined ? undefined : readNumber(found);
}

/** The numbers that occur in a text, as written and in order. */
export function findNumbers(text: string): string[] {
  return numbersIn(text).map(([number]) => number);
}

/** The numbers that occur in a text, as written and in order, each with where it begins. */
export function numbersIn(text: string): [number: string, start: number][] {
  return [...text.matchAll(anywhere)].map((match) => {
    const number = match[0].trimStart();
    return [number.trimEnd(), match.index + match[0].length - number.length];
  });
}

/** Parts of a number that were matched, by their names. */
type Parts = Readonly<Record<string, string | undefined>>;

function readNumber(parts: Parts): Rational | undefined {
  const { before = '', decimal: digits } = parts;
  const [after, spelled] = takeSpelling(before, parts['after'] ?? '');
  const [sign, scale] = [signBefore(before), scaleAfter(after)];
  if (sign === undefined || scale === undefined || isCutShort(digits, after)) return undefined;
  const magnitude = readMagnitude(parts);
  if (magnitude === undefined) return undefined;
  const value = multiplyRational(magnitude, rational(scale, 1n));
  if (spelled !== undefined && !equalRational(value, rational(spelled, 1n))) return undefined;
  return multiplyRational(value, rational(BigInt(sign), 1n));
}

/** `64.2857...` says itself that it is not the whole number. */
function isCutShort(digits: string | undefined, after: string): boolean {
  return digits?.includes('.') === true && after.startsWith('..');
}

function readMagnitude({
  base,
  power,
  mantissa,
  above,
  below,
  integer,
  ...parts
}: Parts): Rational | undefined {
  if (base !== undefined) return readPower(base, Number(power), mantissa);
  if (above !== undefined && below !== undefined) return readFraction(above, below, integer);
  const value = readDecimal(parts['decimal'] ?? '');
  return multiplyRational(value, powerOf(10n, Number(parts['exponent'] ?? 0)));
}

function readPower(base: string, power: number, mantissa = '1'): Rational | undefined {
  if (base === '0' && power <= 0) return undefined;
  // 3 * 10^5 is a way to write a number, 3 * 2^5 a calculation.
  return mantissa !== '1' && base !== '10'
    ? undefined
    : multiplyRational(readDecimal(mantissa), powerOf(BigInt(base), power));
}

/** `3/4`, and `1 3/4`, whose fraction must be a proper one. */
function readFraction(above: string, below: string, integer: string | undefined): Rational | undefined {
  const [numerator, denominator] = [readDecimal(above), readDecimal(below)];
  if (denominator.numerator === 0n) return undefined;
  const value = divideRational(numerator, denominator);
  if (integer === undefined) return value;
  return value.numerator < value.denominator && /^\d+$/.test(above)
    ? addRational(rational(BigInt(integer), 1n), value)
    : undefined;
}

function readDecimal(text: string): Rational {
  const [integer = '', digits = ''] = text.replaceAll(',', '').split('.');
  return rational(BigInt(`${integer}${digits}`), 10n ** BigInt(digits.length));
}
