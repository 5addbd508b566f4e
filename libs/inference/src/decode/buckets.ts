/**
 * Rounds a length up so that few distinct shapes occur: multiples of 16 up to 128, then of an eighth to a quarter of
 * the length. A row's bucket depends on its own request alone, which keeps its arithmetic independent of the batch.
 */
export function lengthBucket(length: number): number {
  const step = Math.max(16, 2 ** (Math.ceil(Math.log2(Math.max(1, length))) - 3));
  return Math.max(step, Math.ceil(length / step) * step);
}

/** How many rows of this length make one batch of about `tokens` tokens; at least 1, at most `most`. */
export function rowsPerBatch(length: number, tokens: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(tokens / length)));
}

/**
 * The key capacity of the lane that a row runs in: multiples of 64 up to 256, then steps of a quarter of the next power
 * of two. Coarser than {@link lengthBucket}: a masked key costs little, a lane that is not full costs a whole step.
 */
export function capacityBucket(length: number): number {
  const step = Math.max(64, 2 ** (Math.ceil(Math.log2(Math.max(1, length))) - 2));
  return Math.max(step, Math.ceil(length / step) * step);
}
