import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logProbability } from './log-prob.ts';
import { tokenLogProbs } from './ranked-tokens.ts';

const logits = fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true, min: -30, max: 30 });

it('gives the tokens that a sort gives, with the log-probabilities that each has by itself', () => {
  fc.assert(
    fc.property(logits, fc.nat(45), (values, most) => {
      const sorted = [...values.keys()].sort(
        (a, b) => (values[b] as number) - (values[a] as number) || a - b,
      );
      const { logProb, top } = tokenLogProbs(values, 0, most);
      expect(top.map(({ token }) => token)).toEqual(sorted.slice(0, most));
      for (const one of [{ token: 0, logProb }, ...top]) {
        expect(one.logProb).toBeCloseTo(logProbability(values, one.token), 9);
      }
    }),
  );
});

it('gives a token the very number that stands for it among the most probable', () => {
  const { logProb, top } = tokenLogProbs(Float32Array.of(0.1, 3, 0.2), 1, 2);
  expect(top.map(({ token }) => token)).toEqual([1, 2]);
  expect(top[0]?.logProb).toBe(logProb);
  expect(tokenLogProbs(Float32Array.of(0.1, 3, 0.2), 0, 0).top).toEqual([]);
});
