/**
 * log softmax of one entry, as the model itself gives it: no temperature, no filter.
 * @param logits [V]
 */
export function logProbability(logits: Float32Array, id: number): number {
  let peak = -Infinity;
  for (const logit of logits) if (logit > peak) peak = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - peak);
  return (logits[id] as number) - peak - Math.log(total);
}
