import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { decodedBlocks } from '../testing/decoded-blocks.ts';
import { WEIGHT_BLOCK, weightBlocks, type CodeBits } from './weight-blocks.ts';

const SHAPES = [[4, 64] as const, [3, 40] as const, [1, 7] as const, [5, 96] as const];

function normals(count: number, seed: string): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => rng.normal());
}

function roundTrip(values: Float32Array, shape: readonly [number, number], bits: CodeBits): Float32Array {
  return decodedBlocks(weightBlocks(values, shape, bits), shape, bits);
}

/** Root of the mean squared error over that of the values. */
function relativeError(values: Float32Array, bits: CodeBits): number {
  const rounded = roundTrip(values, [1, values.length], bits);
  let [error, size] = [0, 0];
  values.forEach((value, at) => {
    error += (value - (rounded[at] as number)) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(error / size);
}

it.each(SHAPES)(
  'moves no value of [%i, %i] in 8 bits by more than a 254th of its block’s largest',
  (...shape) => {
    const [rows, columns] = shape;
    const values = normals(rows * columns, 'blocks');
    const decoded = roundTrip(values, shape, 8);
    decoded.forEach((value, index) => {
      const start = index - ((index % columns) % WEIGHT_BLOCK[8]);
      const end = Math.min(start + WEIGHT_BLOCK[8], index - (index % columns) + columns);
      const largest = Math.max(...values.subarray(start, end).map(Math.abs));
      expect(Math.abs(value - (values[index] as number))).toBeLessThanOrEqual((largest / 254) * (1 + 1e-6));
    });
  },
);

describe.each([4, 8] as const)('in %i bits', (bits) => {
  it('keeps a block of zeros, and blocks of zeros and one value', () => {
    const values = new Float32Array(96);
    values[40] = 3;
    values[70] = -2;
    const rounded = roundTrip(values, [1, 96], bits);
    expect(rounded.subarray(0, 32)).toEqual(values.subarray(0, 32));
    rounded.forEach((value, at) => {
      expect(value).toBeCloseTo(values[at] as number, 6);
    });
  });

  it.each(SHAPES)('rounds a row of [%i, %i] by itself', (...shape) => {
    const [rows, columns] = shape;
    const values = normals(rows * columns, 'rows');
    const whole = roundTrip(values, shape, bits);
    for (let row = 0; row < rows; row++) {
      const [start, end] = [row * columns, (row + 1) * columns];
      expect(roundTrip(values.subarray(start, end), [1, columns], bits)).toEqual(whole.subarray(start, end));
    }
  });
});

it('keeps 16 values at equal steps in 4 bits, wherever they begin', () => {
  const values = Float32Array.from({ length: 64 }, (_, at) => 0.37 + ((at * 5) % 16) * 0.11);
  roundTrip(values, [1, 64], 4).forEach((value, at) => {
    expect(value).toBeCloseTo(values[at] as number, 6);
  });
});

describe('the error of weights like those of models', () => {
  const spread = normals(32 * 500, 'spread');
  const kinds: Readonly<Record<string, Float32Array>> = {
    'normal ones': spread,
    'ones off the middle': spread.map((value) => 0.5 + 0.3 * value),
    'ones with far ones among them': spread.map((value, at) => (at % 97 === 0 ? 4 * value : value)),
    'ones of few bits already': spread.map((value) => Math.round(value * 4) / 4),
  };
  // Beside them what a seventh of the largest magnitude as the scale leaves: 9.7, 5.1, 11.3 and 9.5 %.
  it.each([
    ['normal ones', 0.074, 0.0055],
    ['ones off the middle', 0.038, 0.0045],
    ['ones with far ones among them', 0.095, 0.007],
    ['ones of few bits already', 0.074, 0.0055],
  ])('is small for %s', (kind, of4, of8) => {
    const values = kinds[kind] ?? new Float32Array();
    expect(relativeError(values, 4)).toBeLessThan(of4);
    expect(relativeError(values, 8)).toBeLessThan(of8);
  });
});
