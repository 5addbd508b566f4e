import { verification } from '@sipf/contracts';
import { logOddsOf, logProbabilityOf } from '@sipf/method';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aggregatesOf } from './step-scores.ts';

const logOdds = [0.5, 0.25, 0.75].map(logOddsOf);

it('gives every aggregate where none is named', () => {
  const { mean, min, product, last, logProduct, ...others } = aggregatesOf(logOdds, []);
  const found = [mean, min, product, last, Math.exp(logProduct ?? NaN)];
  for (const [at, wanted] of [0.5, 0.25, 0.09375, 0.75, 0.09375].entries())
    expect(found[at]).toBeCloseTo(wanted, 15);
  expect(others).toEqual({});
});

it('gives only what is wanted', () => {
  const { LAST, MIN } = verification.Aggregation;
  const { mean, product, logProduct, ...wanted } = aggregatesOf(logOdds, [LAST, MIN]);
  expect(wanted.min).toBeCloseTo(0.25, 15);
  expect(wanted.last).toBeCloseTo(0.75, 15);
  expect([mean, product, logProduct]).toEqual([undefined, undefined, undefined]);
});

it('refuses a value that is not a probability rather than report it', () => {
  expect(() => aggregatesOf([0, Number.NaN], [])).toThrow('must be in [0, 1]');
});

/** Paths of steps that a verifier is sure of, for or against. */
const sure = fc.array(fc.float({ min: -230, max: 60, noNaN: true }), { minLength: 1, maxLength: 3 });

it('orders paths by their product as the sum of log V does, down to 1e-300 and up to 1', () => {
  fc.assert(
    fc.property(sure, sure, (one, other) => {
      const [first, second] = [one, other].map((path) => ({
        sum: path.reduce((sum, odds) => sum + logProbabilityOf(odds), 0),
        ...aggregatesOf(path, []),
      }));
      const sign = (field: 'sum' | 'product' | 'logProduct') =>
        Math.sign((first?.[field] ?? NaN) - (second?.[field] ?? NaN));
      expect(sign('logProduct')).toBe(sign('sum'));
      expect(Math.min(first?.product ?? 0, second?.product ?? 0)).toBeGreaterThan(0);
      if (Math.abs((first?.sum ?? NaN) - (second?.sum ?? NaN)) > 1e-12)
        expect(sign('product')).toBe(sign('sum'));
    }),
  );
});
