import { expect, it } from 'vitest';
import { duration, scoreBin, short, spoken } from './format.ts';

it('writes durations in fitting units', () => {
  expect([850, 6200, 185_000, 7_440_000].map(duration)).toEqual([
    ...['850 ms', '6.2 s', '3 min 5 s', '2 h 4 min'],
  ]);
});

it('writes numbers of any size in a few characters', () => {
  expect([1254, 0.4321, 0.00004166, 12345.6, 0].map(short)).toEqual([
    ...['1,254', '0.4321', '4.17e-5', '1.23e+4', '0'],
  ]);
  expect(spoken('train-verifier-1')).toBe('train verifier 1');
});

it('puts scores into five bins, 1 into the last', () => {
  expect([0, 0.19, 0.2, 0.5, 0.79, 0.8, 1].map(scoreBin)).toEqual([0, 0, 1, 2, 3, 4, 4]);
});
