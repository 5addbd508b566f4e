import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { DYNAMIC_LEVELS, INT4_LEVELS, NF4_LEVELS } from './levels.ts';
import { dequantiseBlocks, dequantiseScales, quantiseBlocks, quantiseScales } from './quantise-blocks.ts';

/** The normal distribution's cumulative function by Simpson's rule. */
function cumulative(x: number): number {
  const steps = 400;
  const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const h = x / steps;
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i * h);
  return 0.5 + (sum * h) / 3;
}

function quantile(p: number): number {
  let [low, high] = [0, 4];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (cumulative(middle) < p) low = middle;
    else high = middle;
  }
  return low;
}

/** QLoRA's construction: equally likely quantiles from 1/2 to the offset, 8 positive, 7 negative, and 0. */
function normalFloat(): number[] {
  const offset = 0.9677083;
  const side = (count: number) =>
    Array.from({ length: count }, (_, i) => quantile(offset + ((0.5 - offset) * i) / count));
  const levels = [...side(8), 0, ...side(7).map((x) => -x)].sort((a, b) => a - b);
  return levels.map((level) => level / Math.max(...levels));
}

/** The closest level by trying all. */
function closest(levels: readonly number[], x: number): number {
  return levels.reduce((best, level, i) => {
    return Math.abs(level - x) < Math.abs((levels[best] as number) - x) ? i : best;
  }, 0);
}

function normals(count: number, seed: string): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => 0.02 * rng.normal());
}

describe('NF4', () => {
  it("has the published levels, which are the normal distribution's quantiles", () => {
    expect([...NF4_LEVELS].slice(0, 3)).toEqual([-1, -0.6961928009986877, -0.5250730514526367]);
    normalFloat().forEach((level, code) => {
      expect(NF4_LEVELS[code]).toBeCloseTo(level, 6);
    });
  });

  it('codes a vector as worked out by hand', () => {
    // The largest magnitude is 2, so the values stand for -1, 1, 0, 0.45, -0.05, 0.9 and 0.03 of it.
    const { codes, absMax } = quantiseBlocks(Float32Array.of(-2, 2, 0, 0.9, -0.1, 1.8, 0.06), 'nf4');
    expect([...absMax]).toEqual([2]);
    expect([...codes.subarray(0, 7)]).toEqual([0, 15, 7, 12, 6, 15, 7]);
    expect(codes.length).toBe(64);
    expect(codes.subarray(7).every((code) => code === 7)).toBe(true);
  });

  it('gives every value the closest level of its block of 64, and the block its largest magnitude', () => {
    const values = normals(64 * 40, 'weights');
    const { codes, absMax } = quantiseBlocks(values, 'nf4');
    const levels = normalFloat().map((_, code) => NF4_LEVELS[code] as number);
    for (let block = 0; block < 40; block++) {
      const part = [...values.subarray(block * 64, block * 64 + 64)];
      const largest = Math.max(...part.map(Math.abs));
      expect(absMax[block]).toBe(largest);
      const wanted = part.map((value) => closest(levels, value / largest));
      expect([...codes.subarray(block * 64, block * 64 + 64)]).toEqual(wanted);
    }
  });

  it('is off by at most half of the widest gap between levels, 15.2 % of the largest magnitude', () => {
    const values = normals(6400, 'bound');
    const quantised = quantiseBlocks(values, 'nf4');
    const back = dequantiseBlocks(quantised, 'nf4');
    let [error, size] = [0, 0];
    values.forEach((value, index) => {
      const difference = Math.abs(value - (back[index] as number));
      expect(difference).toBeLessThanOrEqual(0.15191 * (quantised.absMax[Math.floor(index / 64)] as number));
      error += difference ** 2;
      size += value ** 2;
    });
    // Of normal weights it keeps all but about a tenth.
    expect(Math.sqrt(error / size)).toBeLessThan(0.1);
  });

  it('keeps blocks of zeros', () => {
    const { codes, absMax } = quantiseBlocks(new Float32Array(64), 'nf4');
    expect([...absMax]).toEqual([0]);
    expect(dequantiseBlocks({ codes, absMax }, 'nf4').every((value) => value === 0)).toBe(true);
  });
});

describe.each([
  ['int8', 127],
  ['int4', 7],
] as const)('%s', (format, steps) => {
  it('rounds to the nearest step of its block, both ends and 0 exactly', () => {
    const values = normals(640, format);
    values.set([-0.5, 0.5, 0]);
    const quantised = quantiseBlocks(values, format);
    const back = dequantiseBlocks(quantised, format);
    expect([...back.subarray(0, 3)]).toEqual([-0.5, 0.5, 0]);
    values.forEach((value, index) => {
      const half = (quantised.absMax[Math.floor(index / 64)] as number) / steps / 2;
      expect(Math.abs(value - (back[index] as number))).toBeLessThanOrEqual(half * (1 + 1e-5));
    });
  });
});

it('has int4 levels at equal steps', () => {
  expect([...INT4_LEVELS].map((level) => Math.round(level * 7))).toEqual([
    ...[-8, -7, -6, -5, -4, -3, -2, -1, 0],
    ...[1, 2, 3, 4, 5, 6, 7],
  ]);
});

describe('double quantisation', () => {
  it('has the dynamic data type: seven exponents of ten with ever finer fractions, both signs, 0 and 1', () => {
    expect(DYNAMIC_LEVELS.length).toBe(256);
    expect(new Set(DYNAMIC_LEVELS).size).toBe(256);
    expect(DYNAMIC_LEVELS[255]).toBe(1);
    expect(DYNAMIC_LEVELS[127]).toBe(0);
    // The smallest is the middle of [0.1, 1] at 10^-6, the largest below 1 that of its last of 64 parts.
    expect(DYNAMIC_LEVELS[128]).toBeCloseTo(5.5e-7, 12);
    expect(DYNAMIC_LEVELS[254]).toBeCloseTo(0.99296875, 7);
    expect(DYNAMIC_LEVELS[0]).toBeCloseTo(-0.99296875, 7);
  });

  it('keeps scales to within the half of a step of their group of 256', () => {
    const rng = createRng('scales');
    const scales = Float32Array.from({ length: 600 }, () => 0.05 + 0.02 * rng.uniform());
    const quantised = quantiseScales(scales);
    expect([quantised.codes.length, quantised.groupScales.length]).toEqual([768, 3]);
    expect(quantised.offset).toBeCloseTo(0.06, 3);
    const back = dequantiseScales(quantised, scales.length);
    scales.forEach((scale, index) => {
      const step = 0.9 / 64;
      const group = quantised.groupScales[Math.floor(index / 256)] as number;
      expect(Math.abs(scale - (back[index] as number))).toBeLessThanOrEqual((step / 2) * group + 1e-8);
    });
  });
});

it('takes the mean of the scales that there are, whatever room is asked for', () => {
  expect(quantiseScales(Float32Array.of(1, 2, 6)).offset).toBe(3);
  expect(quantiseScales(Float32Array.of(1, 2, 6), 512).offset).toBe(3);
});
