/**
 * Round values that span the given ones, ascending, at least two: steps of 1, 2 or 5 times a power of ten.
 * @param count how many steps to aim at
 */
export function ticksOver(values: readonly number[], count = 5): number[] {
  const finite = values.filter(Number.isFinite);
  const [low, high] = spanOf(finite);
  const step = roundStep((high - low) / count);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: Math.max(2, last - first + 1) }, (_, at) =>
    Number(((first + at) * step).toFixed(digits)),
  );
}

/** Every distinct value, ascending; for axes with a mark at each. */
export function distinctTicks(values: readonly number[]): number[] {
  const ticks = [...new Set(values)].sort((a, b) => a - b);
  const [only = 0] = ticks;
  return ticks.length > 1 ? ticks : [only, only + 1];
}

/** Smaller values count as 0. */
const SMALLEST = 1e-12;

function spanOf(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const size = Math.max(Math.abs(low), Math.abs(high));
  // Values that differ by rounding alone are one value.
  if (high - low > 1e-9 * Math.max(size, SMALLEST)) return [low, high];
  const margin = size < SMALLEST ? 1 : size / 10;
  return [low - margin, high + margin];
}

function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((one) => one * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
