import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNumbers, parseNumber } from './parse-number.ts';
import { equalRational, rational } from './rational.ts';

const read = (text: string) => {
  const value = parseNumber(text);
  return value === undefined ? undefined : `${value.numerator}/${value.denominator}`;
};

describe('parseNumber', () => {
  it.each([
    ['72', '72/1'],
    ['-3', '-3/1'],
    ['−3', '-3/1'],
    ['1,000', '1000/1'],
    ['$1,234,567.89', '123456789/100'],
    ['-$5', '-5/1'],
    ['$-5', '-5/1'],
    ['72 clips.', '72/1'],
    ['50%', '50/1'],
    ['.5', '1/2'],
    ['5.', '5/1'],
    ['0.50', '1/2'],
    ['3/4', '3/4'],
    ['6/8 of a mile', '3/4'],
    ['1 1/2', '3/2'],
    ['-1 1/2', '-3/2'],
    ['12 km^2', '12/1'],
    ['1.5e-2', '3/200'],
    ['x = 5', '5/1'],
    ['0', '0/1'],
    ['-0', '0/1'],
  ])('reads %s', (text, value) => {
    expect(read(text)).toBe(value);
  });

  it.each(['', 'none', '1,00', '1,000,00', '2:30', '3 of 4', '1/0', '10 20', '1.2.3', '9'.repeat(1001)])(
    'does not read %s',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );

  it('reads every integer, grouped or not, exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (value) => {
        expect(read(value.toString())).toBe(`${value}/1`);
        expect(read(value.toLocaleString('en-US'))).toBe(`${value}/1`);
      }),
    );
  });

  it('reads a decimal as the fraction of its digits', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 12 }), (digits, decimals) => {
        const padded = String(digits).padStart(decimals + 1, '0');
        const point = padded.length - decimals;
        const value = parseNumber(
          decimals === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`,
        );
        expect(
          value !== undefined && equalRational(value, rational(BigInt(digits), 10n ** BigInt(decimals))),
        ).toBe(true);
      }),
    );
  });

  it('answers on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('0123456789.,/-$ %e^km\n')) }), (text) => {
        parseNumber(text);
        findNumbers(text);
      }),
    );
  });
});

it('takes no group of other than three digits for thousands', () => {
  expect(findNumbers('1,0000 and 12,345')).toEqual(['1', '12,345']);
});

it('finds the numbers of a text as they are written', () => {
  expect(findNumbers('He paid $1,200.50 for 3 1/2 kg, so 10-4=6 and -2 left. 650,000.')).toEqual([
    '$1,200.50',
    '3 1/2',
    '10',
    '4',
    '6',
    '-2',
    '650,000',
  ]);
});
