/** What 16 codes stand for: code c for (c - 8) scale + offset. */
export interface Int4Fit {
  readonly scale: number;
  readonly offset: number;
}

/** Of codes less 8. */
const [LEAST, MOST] = [-8, 7] as const;
/**
 * Parts of a block's range that the codes are laid over in turn. A narrower one moves the outermost values more and all others
 * less; with the least squares after it few are enough.
 */
const RANGES = [0.75, 0.8, 0.85, 0.9, 0.95, 1] as const;
/** Roundings and fits in turn: each fit moves the values that the next one rounds to other codes. */
const FITS = 3;

/**
 * The scale and offset under which a block's values move least, by the sum of squares: for each of six ranges the values are
 * rounded, the line that fits these codes best is taken for the next rounding, and the best of the last lines is kept. It depends
 * on the values alone.
 */
export function fitInt4(values: Float32Array): Int4Fit {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  let best: Int4Fit = { scale: 0, offset: low };
  let gained = 0;
  if (high === low) return best;
  const middle = (low + high) / 2;
  for (const range of RANGES) {
    const step = (range * (high - low)) / (MOST - LEAST);
    const { line, gain } = fitFrom(values, { scale: step, offset: middle + step / 2 });
    if (gain <= gained) continue;
    gained = gain;
    best = { scale: Math.fround(line.scale), offset: Math.fround(line.offset) };
  }
  return best;
}

/** The line that rounding and fitting lead to, and what it takes off the sum of squares around the mean. */
function fitFrom(values: Float32Array, start: Int4Fit): { readonly line: Int4Fit; readonly gain: number } {
  let line = start;
  let gain = 0;
  for (let round = 0; round < FITS; round++) {
    const { mean, level, product, square } = momentsOf(values, 1 / line.scale, line.offset);
    if (square === 0 || product === 0) break;
    const scale = product / square;
    line = { scale, offset: mean - scale * level };
    gain = product * scale;
  }
  return { line, gain };
}

/** Moments of values and of the levels that they are rounded to, both around their means. */
interface Moments {
  readonly mean: number;
  readonly level: number;
  readonly product: number;
  readonly square: number;
}

/** @param offset of level 0 */
function momentsOf(values: Float32Array, inverse: number, offset: number): Moments {
  let [sum, levels, product, square] = [0, 0, 0, 0];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    let level = Math.round((value - offset) * inverse);
    if (level < LEAST) level = LEAST;
    else if (level > MOST) level = MOST;
    sum += value;
    levels += level;
    product += value * level;
    square += level * level;
  }
  const [mean, level] = [sum / values.length, levels / values.length];
  return { mean, level, product: product - mean * levels, square: square - level * levels };
}
