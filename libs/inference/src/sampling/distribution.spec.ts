import fc from 'fast-check';
import { expect, it } from 'vitest';
import { filteredProbabilities } from './distribution.ts';

const logits = Float32Array.from([0.1, 2, -1, 1.5, 0.7, -3, 2]);
const plain = { temperature: 1, topK: 0, topP: 1, minP: 0 };

const rows = fc
  .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map((values) => Float32Array.from(values));

it('is softmax at temperature 1 without filters', () => {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const expected = Array.from(logits, (logit) => Math.exp(logit) / total);
  filteredProbabilities(logits, plain).forEach((value, id) => {
    expect(value).toBeCloseTo(expected[id] as number, 12);
  });
});

it('keeps ties with the k-th token', () => {
  const kept = filteredProbabilities(logits, { ...plain, topK: 1 });
  expect(Array.from(kept, (value) => value > 0)).toEqual([false, true, false, false, false, false, true]);
  expect(kept[1]).toBe(0.5);
});

it('applies the temperature before top-p', () => {
  const nucleus = (temperature: number) =>
    Array.from(filteredProbabilities(logits, { ...plain, temperature, topP: 0.8 })).filter((p) => p > 0)
      .length;
  expect([nucleus(0.1), nucleus(1), nucleus(10)]).toEqual([2, 3, 6]);
});

it('measures top-p on what top-k has left', () => {
  // The two best have 0.65 of the mass of all seven, and 0.77 of the three best.
  const both = filteredProbabilities(logits, { ...plain, topK: 3, topP: 0.7 });
  expect(Array.from(both).filter((p) => p > 0)).toHaveLength(2);
  const alone = filteredProbabilities(logits, { ...plain, topP: 0.7 });
  expect(Array.from(alone).filter((p) => p > 0)).toHaveLength(3);
});

it('keeps the smallest set of best tokens that reaches p, and at least one', () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0.01, max: 1, noNaN: true }), (row, topP) => {
      const all = filteredProbabilities(row, plain);
      const kept = [...filteredProbabilities(row, { ...plain, topP })];
      const ids = [...kept.keys()].filter((id) => (kept[id] as number) > 0);
      const mass = (some: readonly number[]) => some.reduce((sum, id) => sum + (all[id] as number), 0);
      const smallest = ids.reduce((low, id) => ((all[id] as number) < (all[low] as number) ? id : low));
      expect(ids.length).toBeGreaterThan(0);
      expect(mass(ids)).toBeGreaterThan(topP - 1e-9);
      expect(mass(ids.filter((id) => id !== smallest))).toBeLessThan(topP + 1e-9);
    }),
  );
});

it('always sums to 1', () => {
  fc.assert(
    fc.property(
      rows,
      fc.nat({ max: 50 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (row, topK, topP) => {
        const total = filteredProbabilities(row, { temperature: 0.7, topK, topP, minP: 0.01 }).reduce(
          (a, b) => a + b,
          0,
        );
        expect(total).toBeCloseTo(1, 9);
      },
    ),
  );
});

it('keeps tokens whose share of the best one is exactly min-p', () => {
  const kept = filteredProbabilities(logits, { ...plain, minP: 1 });
  expect([...kept]).toEqual([0, 0.5, 0, 0, 0, 0, 0.5]);
});
