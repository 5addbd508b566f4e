import { expect, it } from 'vitest';
import { spelledNumber } from './spelled-number.ts';

it.each([
  ['zero', 0n],
  ['one', 1n],
  ['eighteen dollars', 18n],
  ['Twenty-one', 21n],
  ['thirty', 30n],
  ['ninety nine', 99n],
  ['two hundred and five', 205n],
  ['one hundred twenty thousand', 120_000n],
  ['two million three thousand and one', 2_003_001n],
])('%s is a number', (text, value) => {
  expect(spelledNumber(text)).toBe(value);
});

it.each(['', 'dollars', 'about eighteen', 'and', 'million', 'two three', 'twenty eleven', 'ten one'])(
  '%j is none',
  (text) => {
    expect(spelledNumber(text)).toBeUndefined();
  },
);
