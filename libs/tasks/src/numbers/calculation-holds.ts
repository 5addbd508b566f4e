import { parseNumber } from './parse-number.ts';
import {
  addRational,
  divideRational,
  multiplyRational,
  negateRational,
  rational,
  type Rational,
} from './rational.ts';

/**
 * Whether a calculation as `calculationsOf` gives it is right: `48/2=24` is, `1/3=0.33` is too, because it is right to
 * its last digit.
 * @returns undefined for what is not a calculation on numbers, or divides by 0
 */
export function calculationHolds(calculation: string): boolean | undefined {
  const sides = calculation.split('=');
  const values = sides.map(evaluate);
  if (sides.length < 2 || values.includes(undefined)) return undefined;
  return sides.slice(1).every((side, index) => {
    const [left, right] = [values[index], values[index + 1]];
    return left !== undefined && right !== undefined && isRoundedTo(left, right, decimalsOf(side));
  });
}

/** The value after a calculation's last `=`, as written. */
export function valueOf(calculation: string): string {
  return calculation.slice(calculation.lastIndexOf('=') + 1);
}

function decimalsOf(side: string): number {
  return /\.(\d+)%?$/.exec(side)?.[1]?.length ?? 0;
}

/** Exactly equal or, for a value with decimals, less than one of its last digit away, as rounding or cutting leaves it. */
function isRoundedTo(exact: Rational, written: Rational, decimals: number): boolean {
  const { numerator, denominator } = addRational(exact, negateRational(written));
  if (numerator === 0n) return true;
  const size = numerator < 0n ? -numerator : numerator;
  return decimals > 0 && size * 10n ** BigInt(decimals) < denominator;
}

const TOKEN = /\d*\.?\d+%?|\/\/|[-+*/()]/y;
/** Longer texts are not a calculation that somebody reckons with; bounds the work on hostile text. */
const LONGEST = 200;

/** Sums of products of numbers and brackets; `//` divides as `/` does. */
function evaluate(text: string): Rational | undefined {
  const tokens = tokenise(text);
  if (tokens === undefined) return undefined;
  try {
    const value = sum(tokens);
    return tokens.length === 0 ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The tokens, last one first. */
function tokenise(text: string): string[] | undefined {
  if (text.length > LONGEST) return undefined;
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    tokens.push(match[0]);
  }
  return tokens.reverse();
}

function sum(tokens: string[]): Rational {
  let value = product(tokens);
  while (tokens.at(-1) === '+' || tokens.at(-1) === '-') {
    const isMinus = tokens.pop() === '-';
    const term = product(tokens);
    value = addRational(value, isMinus ? negateRational(term) : term);
  }
  return value;
}

function product(tokens: string[]): Rational {
  let value = factor(tokens);
  for (let next = tokens.at(-1); next !== undefined && '*//('.includes(next); next = tokens.at(-1)) {
    // Numbers and brackets side by side are multiplied: 2(3+4).
    if (next !== '(') tokens.pop();
    const right = factor(tokens);
    value = next === '/' || next === '//' ? divideRational(value, right) : multiplyRational(value, right);
  }
  return value;
}

function factor(tokens: string[]): Rational {
  const token = tokens.pop();
  if (token === '-') return negateRational(factor(tokens));
  if (token === '(') {
    const value = sum(tokens);
    if (tokens.pop() !== ')') throw new RangeError('a bracket is not closed');
    return value;
  }
  const number = parseNumber(token?.replace('%', '') ?? '');
  if (number === undefined) throw new RangeError('a number is missing');
  return token?.endsWith('%') === true ? divideRational(number, rational(100n, 1n)) : number;
}
