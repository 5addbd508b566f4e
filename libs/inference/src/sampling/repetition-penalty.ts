/**
 * Logits with the tokens that are there already made less likely (Keskar et al. 2019): positive ones are divided by the
 * penalty, negative ones multiplied with it, each token once however often it occurs.
 * @param logits [V], not changed @param seen ids of the prompt and of what follows it
 */
export function penaliseRepetition(
  logits: Float32Array,
  seen: Iterable<number>,
  penalty: number,
): Float32Array {
  const penalised = logits.slice();
  for (const id of seen) {
    const logit = logits[id] as number;
    penalised[id] = logit < 0 ? logit * penalty : logit / penalty;
  }
  return penalised;
}
