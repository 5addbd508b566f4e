import { addRational, negateRational, rational, type Rational } from './rational.ts';

/** Digits with or without groups of three: `1000`, `1,000`, never `1,00`. */
const whole = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)`;
/** `12`, `1,000.50`, `.5`, `5.` is read as `5`. */
const decimal = String.raw`(?:${whole}(?:\.\d+)?|\.\d+)`;
/** `3/4` or `1 1/2`, optionally with currency: `$1/2`. */
const fraction = String.raw`(?:\d+ +)?\d+ ?\/ ?\d+`;
const magnitude = String.raw`(?:${fraction}(?![\d.])|${decimal}(?:[eE][+-]?\d{1,3}(?![\d\w]))?)`;
const currency = '[$€£¥]';
const signed = String.raw`[-−+]? ?${currency}? ?[-−]?${magnitude}`;
/** Words and signs after the number: `clips`, `%`, `km^2`, a closing period. */
const unit = String.raw`(?:[^\d]|(?<=\p{L})\^?[23](?![\d]))*`;

/** More digits than this in one number is not an answer; it bounds the work on hostile text. */
const maxLength = 1000;

const wholeText = new RegExp(`^[^\\d.+−$€£¥-]*(${signed})${unit}$`, 'u');
const anywhere = new RegExp(String.raw`(?<![\d\p{L}).,])${signed}|(?<![\d.,])${currency}?${magnitude}`, 'gu');

/**
 * Reads an answer as an exact number: commas between thousands, currency, units, percent, decimals, fractions (`3/4`),
 * mixed numbers (`1 1/2`), powers of ten (`1.5e3`), negatives and a closing period are understood. Percent is a unit, as in the data sets:
 * `50%` is 50. A text with a second number in it (`3 of 4`, `2:30`) is not a number.
 */
export function parseNumber(text: string): Rational | undefined {
  if (text.length > maxLength) return undefined;
  const match = wholeText.exec(text.trim());
  return match?.[1] === undefined ? undefined : readNumber(match[1]);
}

/** The numbers that occur in a text, as written and in order. */
export function findNumbers(text: string): string[] {
  return [...text.matchAll(anywhere)].map((match) => match[0].trim());
}

/** Reads what `signed` matched. */
function readNumber(text: string): Rational | undefined {
  const isNegative = /[-−]/.test(text.replace(/[eE].*$/, ''));
  const value = readMagnitude(text.replaceAll(/^[-−+$€£¥ ]+/g, '').replaceAll(',', ''));
  return value !== undefined && isNegative ? negateRational(value) : value;
}

function readMagnitude(text: string): Rational | undefined {
  const parts = /^(?:(\d+) +)?(\d+) ?\/ ?(\d+)$/.exec(text);
  if (parts !== null) {
    const [, integer = '0', numerator = '', denominator = ''] = parts;
    if (BigInt(denominator) === 0n) return undefined;
    return addRational(rational(BigInt(integer), 1n), rational(BigInt(numerator), BigInt(denominator)));
  }
  const [, integer = '', digits = '', exponent = '0'] =
    /^(\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const power = Number(exponent) - digits.length;
  const scale = 10n ** BigInt(Math.abs(power));
  const mantissa = BigInt(`${integer}${digits}`);
  return power < 0 ? rational(mantissa, scale) : rational(mantissa * scale, 1n);
}
