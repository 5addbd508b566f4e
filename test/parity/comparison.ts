/** How far a computed quantity is from the recorded one. */
export interface Comparison {
  /** At most the largest double: what is not a number, or missing, is that far off. */
  readonly error: number;
  readonly tolerance: number;
  readonly within: boolean;
  /** What the reader must know to judge it. */
  readonly note?: string;
}

/** Builds a comparison; an error that is not a number is never within. */
export function comparison(error: number, tolerance: number): Comparison {
  return { error: Number.isFinite(error) ? error : Number.MAX_VALUE, tolerance, within: error <= tolerance };
}

/** Largest |actual - expected| over the elements that `keep` admits. */
export function largestDifference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  keep: (index: number) => boolean = () => true,
): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    if (!keep(index)) continue;
    const difference = Math.abs((actual[index] as number) - (expected[index] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Largest |actual - expected| / max(1e-12, |expected|). */
export function largestRelativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    const wanted = expected[index] as number;
    const difference = Math.abs((actual[index] as number) - wanted) / Math.max(1e-12, Math.abs(wanted));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** ||actual - expected|| / ||expected||, or ||actual|| where the expected tensor is zero. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let index = 0; index < expected.length; index++) {
    difference += ((actual[index] as number) - (expected[index] as number)) ** 2;
    norm += (expected[index] as number) ** 2;
  }
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}
