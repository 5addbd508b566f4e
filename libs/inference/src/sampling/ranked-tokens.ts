/** A token and its log-probability under the model itself (no temperature, no filter), in nats. */
export interface RankedToken {
  readonly token: number;
  readonly logProb: number;
}

/** What the model thinks of a token of a text. */
export interface TokenLogProbs {
  /** Of the token itself. */
  readonly logProb: number;
  /** The most probable tokens in its stead, most probable first, the lowest id among equals. */
  readonly top: readonly RankedToken[];
}

/**
 * The log-probability of a token and of the most probable ones in its stead.
 * @param logits [V], of the position before it
 * @param most number of the most probable ones, at most V
 */
export function tokenLogProbs(logits: Float32Array, token: number, most: number): TokenLogProbs {
  const ids = largest(logits, most);
  let peak = -Infinity;
  for (const logit of logits) if (logit > peak) peak = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - peak);
  const normaliser = peak + Math.log(total);
  const of = (id: number): number => (logits[id] as number) - normaliser;
  return { logProb: of(token), top: ids.map((id) => ({ token: id, logProb: of(id) })) };
}

/** Ids of the largest values, largest first, the lowest among equals. */
function largest(values: Float32Array, most: number): number[] {
  const ids: number[] = [];
  if (most === 0) return ids;
  let least = -Infinity;
  for (let id = 0; id < values.length; id++) {
    const value = values[id] as number;
    if (ids.length === most && value <= least) continue;
    let at = ids.length;
    while (at > 0 && value > (values[ids[at - 1] as number] as number)) at--;
    ids.splice(at, 0, id);
    if (ids.length > most) ids.pop();
    least = values[ids.at(-1) as number] as number;
  }
  return ids;
}
