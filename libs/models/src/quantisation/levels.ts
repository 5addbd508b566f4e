/**
 * NF4's levels (Dettmers et al. 2023, QLoRA, appendix E): quantiles of the normal distribution scaled to [-1, 1], 8 of
 * them at or above 0 and 8 at or below, 0 itself among them.
 */
export const NF4_LEVELS = Float32Array.of(
  -1.0,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0.0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1.0,
);

/** int4's levels: code - 8 over 7, so that 0 and both ends are exact; the lowest code is not used. */
export const INT4_LEVELS = Float32Array.from({ length: 16 }, (_, code) => (code - 8) / 7);

/**
 * The 8-bit dynamic data type (Dettmers 2016, 2021) that double quantisation stores block scales in: for each of 7
 * exponents of ten the middles of 2^i equal parts of [0.1, 1], of both signs, and 0 and 1; 256 levels, ascending.
 */
export const DYNAMIC_LEVELS = dynamicLevels();

function dynamicLevels(): Float32Array {
  const levels = [0, 1];
  for (let exponent = 0; exponent < 7; exponent++) {
    const parts = 2 ** exponent;
    for (let part = 0; part < parts; part++) {
      const middle = 0.1 + (0.9 * (part + 0.5)) / parts;
      const level = middle * 10 ** (exponent - 6);
      levels.push(level, -level);
    }
  }
  return Float32Array.from(levels).sort();
}

/** The middles between neighbouring levels, rounded to float32: what lies above one belongs to the upper level. */
export function bordersOf(levels: Float32Array): Float32Array {
  return Float32Array.from(levels.subarray(1), (upper, index) => ((levels[index] as number) + upper) / 2);
}

/** How many of the ascending `borders` lie below `value`: the index of the nearest level, the lower one of two as near. */
export function countBelow(borders: Float32Array, value: number): number {
  let low = 0;
  let high = borders.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (borders[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
