/**
 * Inverse of the cumulative distribution: the first id at which the running sum exceeds `uniform`. The sum is kept in
 * float64 in ascending order of ids, so the same probabilities and uniform always give the same id, and an id of
 * probability 0 is never drawn.
 * @param probabilities [V] from `offset` on, non-negative, with a sum within float rounding of 1; a uniform beyond the
 *   sum is scaled by it
 * @param uniform in [0, 1)
 */
export function drawToken(
  probabilities: Float32Array | Float64Array,
  uniform: number,
  range: { readonly offset: number; readonly length: number } = { offset: 0, length: probabilities.length },
): number {
  const { offset, length } = range;
  const id = firstAbove(probabilities, range, uniform);
  if (id !== undefined) return id;
  let total = 0;
  for (let index = offset; index < offset + length; index++) total += probabilities[index] as number;
  return firstAbove(probabilities, range, uniform * total) ?? lastPositive(probabilities, range);
}

function firstAbove(
  probabilities: Float32Array | Float64Array,
  { offset, length }: { readonly offset: number; readonly length: number },
  threshold: number,
): number | undefined {
  let sum = 0;
  for (let id = 0; id < length; id++) {
    sum += probabilities[offset + id] as number;
    if (sum > threshold) return id;
  }
  return undefined;
}

function lastPositive(
  probabilities: Float32Array | Float64Array,
  { offset, length }: { readonly offset: number; readonly length: number },
): number {
  for (let id = length - 1; id >= 0; id--) if ((probabilities[offset + id] as number) > 0) return id;
  throw new Error('a distribution without any mass');
}
