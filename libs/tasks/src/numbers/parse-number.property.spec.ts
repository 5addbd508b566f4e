import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNumber } from './parse-number.ts';
import {
  divideRational,
  equalRational,
  formatRational,
  multiplyRational,
  rational,
  type Rational,
} from './rational.ts';

/** A positive number as it may be written, with its value. */
interface Written {
  readonly text: string;
  readonly value: Rational;
}

const integers = fc.bigInt({ min: 1n, max: 10n ** 9n });
const grouped = (separator: string) => (value: bigint) =>
  value.toLocaleString('en-US').replaceAll(',', separator);
const forms: readonly fc.Arbitrary<Written>[] = [
  ...[',', '{,}', String.raw`\,`, '\u2009', '\u202f', "'", '’'].map((separator) =>
    integers.map((value) => ({ text: grouped(separator)(value), value: rational(value, 1n) })),
  ),
  integers.map((value) => ({ text: String(value), value: rational(value, 1n) })),
  fc.tuple(fc.nat(9999), fc.integer({ min: 1, max: 99 })).map(([whole, part]) => ({
    text: `${whole}.${String(part).padStart(2, '0')}`,
    value: rational(BigInt(whole * 100 + part), 100n),
  })),
  ...[(a: bigint, b: bigint) => `${a}/${b}`, (a: bigint, b: bigint) => String.raw`\frac{${a}}{${b}}`].map(
    (write) => fc.tuple(integers, integers).map(([a, b]) => ({ text: write(a, b), value: rational(a, b) })),
  ),
  fc.tuple(integers, fc.constantFrom('1/2', '3/4')).map(([whole, part]) => ({
    text: `${whole} ${part}`,
    value: rational(whole * 4n + (part === '1/2' ? 2n : 3n), 4n),
  })),
];
const written = fc.oneof(...forms);

/** Around a number that it leaves as it is; `N` is the number. */
const neutral = [
  ...[
    'N',
    'N.',
    ' N ',
    '+N',
    '$N$',
    '$N',
    String.raw`\$N`,
    '€N',
    'N €',
    '£N.',
    '¥N',
    'Rs. N',
    'USD N',
    'N USD',
    'N¢',
  ],
  ...[
    'N%',
    String.raw`N\%`,
    'N %',
    'N percent',
    'N per cent',
    'N dollars',
    'N apples',
    'N kg',
    'N km^2',
    'N m²',
    'N m',
    'N a day',
  ],
  ...[
    'N-hour shifts',
    'N miles/hour',
    'N miles per hour',
    'N°C',
    'N degrees',
    'N years old',
    'N people in all',
    'N ✅',
  ],
  ...[
    '**N**',
    '`N`',
    '<b>N</b>',
    String.raw`\boxed{N}`,
    String.raw`$\boxed{N}$`,
    String.raw`\(N\)`,
    String.raw`\[ N \]`,
  ],
  ...[
    String.raw`N \text{ dollars}`,
    String.raw`\text{Total: } N`,
    String.raw`\mathbf{N}`,
    String.raw`N^\circ`,
    String.raw`N \text{ cm}^2`,
    String.raw`N\,\mathrm{kg}`,
  ],
  ...[
    'x = N',
    'total = N',
    '= N',
    '≈ N',
    'about N',
    'approximately $N',
    'it is N',
    'exactly N',
    'N because 3*6 is it',
  ],
];

/** Beside a number they make it another one, whose value is given, or an unknown one. */
const changing: readonly (readonly [string, bigint | undefined])[] = [
  ...['-N', '–N', '−N', '‑N', '－N', '-$N', '$-N', 'minus N', 'negative N', 'is -N', 'x = -N', '- N'].map(
    (text) => [text, -1n] as const,
  ),
  ...['k', ' thousand', 'K'].map((scale) => [`N${scale}`, 1_000n] as const),
  ...[' million', '-million', ' million dollars', ' Million'].map(
    (scale) => [`N${scale}`, 1_000_000n] as const,
  ),
  ['N hundred', 100n],
  ['N billion', 1_000_000_000n],
  ['N trillion', 1_000_000_000_000n],
  ['-N million', -1_000_000n],
  ['N hundred thousand', 100_000n],
  ...[
    ...[
      'N dozen',
      'N dozens',
      'N score',
      'N halves',
      'N tenths',
      'N hundredths',
      'NM',
      'NB',
      '$Nbn',
      'N‰',
      'N squared',
      'N cubed',
    ],
    ...[
      'half of N',
      'half N',
      'twice N',
      'double N',
      'a third of N',
      'N and a half',
      'square root of N',
      'not N',
      'less than N',
    ],
    ...[
      String.raw`N\pi`,
      'Nπ',
      'N pi',
      'Nx',
      'N x',
      'xN',
      'x N',
      'Ni',
      'Nxy',
      'N(x)',
      String.raw`N\sqrt{2}`,
      String.raw`\sqrt{N}`,
      '√N',
    ],
    ...[
      'N!',
      '|N|!',
      '±N',
      String.raw`\pm N`,
      '--N',
      '+-N',
      '7 + N',
      'N + 7',
      'N - 7',
      '7-N',
      'N-7',
      '7 × N',
      'N * 7',
      'N ÷ 7',
      'N+',
      'N+x',
    ],
    ...[
      'N/x',
      'x/N',
      'x - N',
      'total - N',
      'N - x',
      'x + N',
      'N^x',
      'N:30',
      '5:N',
      'N/7/9',
      'N or 7',
      '7 or N',
      'N to 7',
      '7–N',
      'N, 7',
      '7, N',
    ],
    ...[
      '< N',
      'x > N',
      '≥ N',
      String.raw`\leq N`,
      'x ≠ N',
      '3x = N',
      'x + 1 = N',
      'x = 7, y = N',
      'N of 7',
      '7% of N',
      'N mod 7',
    ],
    ...[
      'July N',
      'N July',
      'Nth of July',
      'B-N',
      'twenty N',
      'N twenty',
      'N feet six',
      'N dollars and 7 cents',
      'sin N',
      'log N',
    ],
  ].map((text) => [text, undefined] as const),
];

const read = (text: string): string => {
  const value = parseNumber(text);
  return value === undefined ? 'none' : formatRational(value);
};

describe('a number', () => {
  it.each(neutral)('is the same in %s', (around) => {
    fc.assert(
      fc.property(written, ({ text, value }) => {
        expect(read(around.replace('N', () => text))).toBe(formatRational(value));
      }),
      { numRuns: 30 },
    );
  });

  it.each(changing)('is another or none in %s', (around, factor) => {
    fc.assert(
      fc.property(written, ({ text, value }) => {
        const found = parseNumber(around.replace('N', () => text));
        if (found === undefined) return;
        expect(factor, `${around} with ${text} is read as ${formatRational(found)}`).toBeDefined();
        expect(equalRational(divideRational(found, value), rational(factor ?? 0n, 1n))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('is the same in brackets, unless it may be a pair', () => {
    expect(
      ['(18)', '[18]', '(1 1/2)', "(1'234)", '(1,234)', '[1,234]', String.raw`\{1,234\}`].map(read),
    ).toEqual([...['18', '18', '1.5', '1234', 'none', 'none', 'none']]);
  });

  it('keeps its sign and its scale in every unit', () => {
    const signs = fc.constantFrom(['-', -1n], ['–', -1n], ['minus ', -1n], ['', 1n]) as fc.Arbitrary<
      [string, bigint]
    >;
    const scales = fc.constantFrom(['k', 1000n], [' million', 10n ** 6n], ['', 1n]) as fc.Arbitrary<
      [string, bigint]
    >;
    const units = fc.constantFrom('', ' dollars', ' kg', ' people', '.');
    fc.assert(
      fc.property(integers, signs, scales, units, (value, [sign, by], [scale, times], unit) => {
        const expected = multiplyRational(rational(value, 1n), rational(by * times, 1n));
        expect(read(`${sign}${value}${scale}${unit}`)).toBe(formatRational(expected));
      }),
    );
  });
});
