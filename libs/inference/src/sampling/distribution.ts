/** The filters of one row. */
export interface Filters {
  /** Above 0. */
  readonly temperature: number;
  /** 0 for all. */
  readonly topK: number;
  /** In (0, 1]. */
  readonly topP: number;
  /** In [0, 1]; 0 for all. */
  readonly minP: number;
}

/**
 * The distribution a token is drawn from, in the order Hugging Face's generate applies its warpers: logits divided by
 * the temperature, then top-k (ties with the k-th stay), then top-p over what is left (the smallest set of most
 * probable tokens whose mass reaches p; among equal probabilities the higher ids stay, as a stable ascending sort
 * leaves them), then min-p (Nguyen et al. 2024: no token under that share of the most probable one's probability), then
 * softmax.
 * @param logits [V]
 * @returns probabilities [V], float64, summing to 1; 0 for removed tokens
 */
export function filteredProbabilities(logits: Float32Array, filters: Filters): Float64Array {
  const scaled = Float64Array.from(logits, (logit) => logit / filters.temperature);
  const floor = filters.topK > 0 ? kthLargest(scaled, filters.topK) : -Infinity;
  const probabilities = softmaxAbove(scaled, floor);
  if (filters.topP < 1) keepNucleus(probabilities, filters.topP);
  if (filters.minP > 0) keepNearPeak(probabilities, filters.minP);
  return probabilities;
}

function kthLargest(values: Float64Array, k: number): number {
  if (k >= values.length) return -Infinity;
  return Float64Array.from(values).sort()[values.length - k] as number;
}

function softmaxAbove(scaled: Float64Array, floor: number): Float64Array {
  let peak = -Infinity;
  for (const value of scaled) if (value > peak) peak = value;
  const probabilities = scaled.map((value) => (value < floor ? 0 : Math.exp(value - peak)));
  normalise(probabilities);
  return probabilities;
}

function keepNucleus(probabilities: Float64Array, topP: number): void {
  const ids = [...probabilities.keys()].filter((id) => (probabilities[id] as number) > 0);
  ids.sort((a, b) => (probabilities[a] as number) - (probabilities[b] as number) || a - b);
  let mass = 0;
  // Ascending, as the reference does: a token goes while the mass up to and including it is at most 1 - p.
  for (const id of ids.slice(0, -1)) {
    mass += probabilities[id] as number;
    if (mass > 1 - topP) break;
    probabilities[id] = 0;
  }
  normalise(probabilities);
}

function keepNearPeak(probabilities: Float64Array, minP: number): void {
  let peak = 0;
  for (const value of probabilities) if (value > peak) peak = value;
  for (let id = 0; id < probabilities.length; id++) {
    if ((probabilities[id] as number) < minP * peak) probabilities[id] = 0;
  }
  normalise(probabilities);
}

function normalise(probabilities: Float64Array): void {
  let total = 0;
  for (const value of probabilities) total += value;
  for (let id = 0; id < probabilities.length; id++) probabilities[id] = (probabilities[id] as number) / total;
}
