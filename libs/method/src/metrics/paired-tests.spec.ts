import { createRng } from '@sipf/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapDifference, mcNemarExact, type PairedAnswer } from './paired-tests.ts';

const answers = (...counts: readonly [first: boolean, second: boolean, count: number][]): PairedAnswer[] =>
  counts.flatMap(([first, second, count], kind) =>
    Array.from({ length: count }, (_, index) => ({ question: `${kind}/${index}`, first, second })),
  );

describe("McNemar's exact test", () => {
  it.each([
    // Binomial tails at 1/2: 2 (1 + 10 + 45) / 1024; 2 / 2^5; equal numbers give no evidence.
    [8, 2, 112 / 1024],
    [0, 5, 2 / 32],
    [4, 4, 1],
    [0, 0, 1],
  ])('of %i against %i questions', (onlyFirst, onlySecond, pValue) => {
    const result = mcNemarExact(
      answers([true, false, onlyFirst], [false, true, onlySecond], [true, true, 30]),
    );
    expect(result).toMatchObject({ onlyFirst, onlySecond });
    expect(result.pValue).toBeCloseTo(pValue, 12);
  });

  it('stays a probability for many questions, and is the same with the models exchanged', () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), (a, b) => {
        const { pValue } = mcNemarExact(answers([true, false, a], [false, true, b]));
        expect(pValue >= 0 && pValue <= 1).toBe(true);
        expect(mcNemarExact(answers([true, false, b], [false, true, a])).pValue).toBe(pValue);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the bootstrap over questions', () => {
  const lead = answers([true, false, 60], [false, true, 20], [true, true, 120]);

  it('finds the difference and the interval that the normal approximation gives', () => {
    const { difference, low, high } = bootstrapDifference(lead, createRng(1), 10_000);
    expect(difference).toBe(0.2);
    // Standard error of a paired difference: sqrt((b + c) / n - d^2) / sqrt(n) = 0.0424; an interval of 90 % is 0.013 narrower.
    expect(low).toBeCloseTo(0.2 - 1.96 * 0.0424, 2);
    expect(high).toBeCloseTo(0.2 + 1.96 * 0.0424, 2);
  });

  it('repeats bit for bit from a seed', () => {
    expect(bootstrapDifference(lead, createRng(2))).toEqual(bootstrapDifference(lead, createRng(2)));
  });

  it('is no surer for asking the same questions again', () => {
    const width = (rows: readonly PairedAnswer[]) => {
      const { low, high } = bootstrapDifference(rows, createRng(3));
      return high - low;
    };
    const elsewhere = lead.map((answer) => ({ ...answer, question: `other/${answer.question}` }));
    expect(width([...lead, ...lead])).toBeCloseTo(width(lead), 12);
    expect(width([...lead, ...elsewhere])).toBeLessThan(0.8 * width(lead));
  });

  it('draws as many questions as there are', () => {
    const two = answers([true, false, 1], [false, true, 1]);
    const drawn = Array.from({ length: 20 }, (_, seed) => bootstrapDifference(two, createRng(seed), 1).low);
    // Of two questions: both won, both lost, or one of each.
    expect(new Set(drawn.map(Math.abs))).toEqual(new Set([0, 1]));
  });

  it('finds no difference, and no negative 0, between models that answer alike', () => {
    expect(bootstrapDifference(answers([true, true, 3]), createRng(1), 1).difference).toBe(0);
  });

  it('refuses to compare without questions or draws', () => {
    expect(() => bootstrapDifference([], createRng(1))).toThrow(
      expect.objectContaining({
        kind: 'failed-precondition',
        message: 'no question that both models answered',
        reason: 'NOTHING_TO_MEASURE',
      }),
    );
    expect(() => bootstrapDifference(lead, createRng(1), 0)).toThrow('draws must be');
  });
});
