import { expect, it } from 'vitest';
import { equalNumbers, extractNumber } from './answers.ts';

it.each([
  ['a\n#### 72', '72'],
  ['#### $1,000.', '$1,000'],
  ['####5\n#### 6', '5'],
  ['So it is 4. The answer is 39.', '39'],
  ['The answer is: $5.50 each. Q: how many 9', '$5.50 each'],
  ['Therefore the final answer is 1 1/2', '1 1/2'],
  [String.raw`thus \boxed{12}.`, '12'],
  ['#### 7\nThe answer is 8.', '7'],
])('finds the marked answer of %j', (text, answer) => {
  expect(extractNumber(text, 'strict')).toBe(answer);
});

it('finds no strict answer without a mark', () => {
  expect(extractNumber('48+24 = 72', 'strict')).toBeUndefined();
  expect(extractNumber('#### ', 'strict')).toBeUndefined();
  expect(extractNumber('', 'strict')).toBeUndefined();
});

it('falls back on the last number only when asked to be flexible', () => {
  expect(extractNumber('She has 48+24 = 72 clips in 2 boxes', 'flexible')).toBe('2');
  expect(extractNumber('It is 72.\n#### many', 'flexible')).toBe('72');
  expect(extractNumber('first 3\n#### 72\nthen 5', 'flexible')).toBe('72');
  expect(extractNumber('none', 'flexible')).toBeUndefined();
});

it('answers on ten megabytes of text', () => {
  expect(extractNumber(`${'1,111 '.repeat(1_700_000)} 72`, 'flexible')).toBe('72');
});

it('compares numbers exactly', () => {
  expect(equalNumbers('0.5', '1/2')).toBe(true);
  expect(equalNumbers('1,000 dollars', '$1000.00')).toBe(true);
  expect(equalNumbers('0.33', '1/3')).toBe(false);
  expect(equalNumbers('0.30000000000000004', '0.3')).toBe(false);
  expect(equalNumbers('9007199254740993', '9007199254740992')).toBe(false);
  expect(equalNumbers('many', 'many')).toBe(false);
});
