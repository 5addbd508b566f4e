import { expect, it } from 'vitest';
import { calculationsOf } from './calculations.ts';

it('reads the marks in order', () => {
  const text = 'She sold 48/2 = <<48/2=24>>24 clips.\nIn all 48+24 = <<48+24=72>>72.\n#### 72';
  expect(calculationsOf(text)).toEqual(['48/2=24', '48+24=72']);
});

it('reads the equations of a text that has no marks', () => {
  expect(
    calculationsOf('So 3 x 4 = 12 and then 12 ÷ 2 + 1,000 = $1,006.00. It was (2 + 3) * 4 = 20.'),
  ).toEqual(['3*4=12', '12/2+1000=1006', '2+3)*4=20']);
});

it.each([
  ['<<0.50*4=2.0>>', '0.5*4=2'],
  ['<< .5 * 4 = 2 >>', '0.5*4=2'],
  ['<<$1,000-$10=990>>', '1000-10=990'],
  ['<<3×4=12>>', '3*4=12'],
  ['<<007+100=107>>', '7+100=107'],
  ['<<17//4=4>>', '17//4=4'],
])('normalises %s', (text, calculation) => {
  expect(calculationsOf(text)).toEqual([calculation]);
});

it('finds none in words', () => {
  expect(calculationsOf('The answer is 72, of 100.')).toEqual([]);
  expect(calculationsOf('')).toEqual([]);
});
