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
 * Which prompts run in one batch: those of at most 128 keys, and of each further doubling. The shorter ones of a batch read
 * padding, and a batch of its own reads all weights once more; neither changes a row's result.
 */
export function laneWidth(promptLength: number): number {
  return Math.max(128, 2 ** Math.ceil(Math.log2(Math.max(1, promptLength))));
}

/**
 * Fewest keys of a segment, a multiple of 16 as well: with up to 64 keys the CPU's products split heads wider than 128
 * differently, and so round differently.
 */
export function leastKeys(headDim: number): number {
  return headDim > 128 ? 80 : 16;
}
