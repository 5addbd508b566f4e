import { describe, expect, it } from 'vitest';
import { rotaryFrequencies } from './rotary-frequencies.ts';

const DH = 8;
const llama3 = {
  kind: 'llama3',
  theta: 10_000,
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositionEmbeddings: 64,
} as const;

describe('rotaryFrequencies', () => {
  it('falls from 1 by a constant ratio', () => {
    const { inverse } = rotaryFrequencies({ kind: 'default', theta: 10_000 }, DH);
    expect([...inverse]).toEqual([1, 0.1, 0.01, 0.001].map(Math.fround));
  });

  it('divides every frequency by the factor of linear scaling', () => {
    const { inverse } = rotaryFrequencies({ kind: 'linear', theta: 10_000, factor: 4 }, DH);
    expect(inverse[0]).toBe(0.25);
    expect(inverse[3]).toBeCloseTo(0.00025, 10);
  });

  it('keeps short wavelengths and divides long ones under llama3 scaling', () => {
    const { inverse } = rotaryFrequencies(llama3, DH);
    // 64 positions are 10.2, 1.02, 0.10 and 0.01 turns of the four pairs.
    expect(inverse[0]).toBe(1);
    expect(inverse[2]).toBeCloseTo(0.01 / 8, 8);
    expect(inverse[3]).toBeCloseTo(0.001 / 8, 8);
  });

  it('blends the middle band by its number of turns under llama3 scaling', () => {
    const turns = (64 * 0.1) / (2 * Math.PI);
    const smooth = (turns - 1) / 3;
    expect(rotaryFrequencies(llama3, DH).inverse[1]).toBeCloseTo(((1 - smooth) * 0.1) / 8 + smooth * 0.1, 7);
  });

  it('divides what is below the low factor even where it is above the high one, as transformers does', () => {
    const { inverse } = rotaryFrequencies({ ...llama3, lowFreqFactor: 4, highFreqFactor: 0.05 }, DH);
    [1, 0.1 / 8, 0.01 / 8, 0.001 / 8].forEach((wanted, pair) => {
      expect(inverse[pair]).toBeCloseTo(wanted, 8);
    });
  });

  it('leaves dynamic scaling to the length at run time', () => {
    const rope = { kind: 'dynamic', theta: 10_000, factor: 2, originalMaxPositionEmbeddings: 16 } as const;
    const { inverse, dynamic } = rotaryFrequencies(rope, DH);
    expect(inverse).toEqual(rotaryFrequencies({ kind: 'default', theta: 10_000 }, DH).inverse);
    expect(dynamic).toEqual({ factor: 2, fromLength: 16 });
  });
});
