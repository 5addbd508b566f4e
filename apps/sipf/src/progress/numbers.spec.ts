import { expect, it } from 'vitest';
import { formatDuration, formatFigures, formatNumber } from './numbers.ts';

it.each([
  [0, '0'],
  [1500, '1500'],
  [0.123456, '0.1235'],
  [-2.5, '-2.5'],
  [12.3456, '12.35'],
  [0.00006, '6.00e-5'],
  [1234567.5, '1.23e+6'],
  [NaN, 'NaN'],
])('writes %d as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it.each([
  [0, '0.0 s'],
  [-5, '0.0 s'],
  [4210, '4.2 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [3_599_700, '1 h 00 min'],
  [7_620_000, '2 h 07 min'],
])('writes %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it('writes figures by name', () => {
  expect(formatFigures({ loss: 0.5, pairs: 12 })).toBe('loss 0.5, pairs 12');
  expect(formatFigures({})).toBe('');
});
