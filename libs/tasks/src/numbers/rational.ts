/** An exact number: a fraction in lowest terms with a positive denominator, so equal numbers have equal fields. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * The fraction in lowest terms.
 * @throws RangeError when the denominator is 0
 */
export function rational(numerator: bigint, denominator: bigint): Rational {
  if (denominator === 0n) throw new RangeError('a fraction needs a denominator other than 0');
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(numerator, denominator) * sign;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export function addRational(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function multiplyRational(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** @throws RangeError when the divisor is 0 */
export function divideRational(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator);
}

export function negateRational(a: Rational): Rational {
  return { numerator: -a.numerator, denominator: a.denominator };
}

/** @throws RangeError for a negative power of 0 */
export function powerOf(base: bigint, power: number): Rational {
  return power < 0 ? rational(1n, base ** BigInt(-power)) : rational(base ** BigInt(power), 1n);
}

/** Decimals where they end, `1/3` where they do not; exact. */
export function formatRational({ numerator, denominator }: Rational): string {
  const decimals = decimalDigits(denominator);
  if (decimals === undefined) return `${numerator}/${denominator}`;
  const digits = String(((numerator < 0n ? -numerator : numerator) * 10n ** BigInt(decimals)) / denominator);
  const padded = digits.padStart(decimals + 1, '0');
  const [whole, part] = [padded.slice(0, padded.length - decimals), padded.slice(padded.length - decimals)];
  return `${numerator < 0n ? '-' : ''}${whole}${decimals === 0 ? '' : `.${part}`}`;
}

export function equalRational(a: Rational, b: Rational): boolean {
  return a.numerator === b.numerator && a.denominator === b.denominator;
}

/** How many decimals a fraction in lowest terms has; undefined where they do not end, or only after hundreds. */
function decimalDigits(denominator: bigint): number | undefined {
  for (let decimals = 0; decimals <= 300; decimals++) {
    if (10n ** BigInt(decimals) % denominator === 0n) return decimals;
  }
  return undefined;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
