import { verification } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { aggregatesOf } from './step-scores.ts';

const probabilities = [0.5, 0.25, 0.75];

it('gives every aggregate where none is named', () => {
  expect(aggregatesOf(probabilities, [])).toEqual({ mean: 0.5, min: 0.25, product: 0.09375, last: 0.75 });
});

it('gives only what is wanted', () => {
  const { LAST, MIN } = verification.Aggregation;
  const { mean, product, ...wanted } = aggregatesOf(probabilities, [LAST, MIN]);
  expect(wanted).toEqual({ min: 0.25, last: 0.75 });
  expect([mean, product]).toEqual([undefined, undefined]);
});

it('refuses what is no probability rather than report it', () => {
  expect(() => aggregatesOf([0.5, Number.NaN], [])).toThrow('must be in [0, 1]');
});
