import { expect, it } from 'vitest';
import { logProbability } from './log-prob.ts';

it('is the log of softmax, also where exp would overflow', () => {
  const logits = Float32Array.from([1000, 999, 0]);
  expect(logProbability(logits, 0)).toBeCloseTo(-Math.log(1 + Math.exp(-1)), 12);
  expect(logProbability(logits, 2)).toBeCloseTo(-1000 - Math.log(1 + Math.exp(-1)), 9);
});
