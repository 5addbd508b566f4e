import {
  mul,
  padAxis,
  reduceMin,
  slice,
  squeeze,
  stopGradient,
  sub,
  unsqueeze,
  type Value,
} from '@sipf/graph';

/** What {@link runningConfidence} reads. */
export interface ConfidenceInputs {
  /** float32 [B, T]: at position t the log-probability of the token at t + 1 (the last column is unused). */
  readonly nextTokenLogProbs: Value;
  /** float32 [B, T]: 1 on the path's completion tokens, else 0. */
  readonly completionMask: Value;
  /** float32 [1, 1, T, T] or [B, 1, T, T], causal. */
  readonly attentionBias: Value;
}

/**
 * The smallest log-probability of any completion token up to and including each position, [B, T, 1], without
 * gradient; 0 before the completion. A step that the model itself would hardly have written lowers it for good.
 */
export function runningConfidence({
  nextTokenLogProbs,
  completionMask,
  attentionBias,
}: ConfidenceInputs): Value {
  const masked = mul(shiftRight(nextTokenLogProbs), completionMask);
  // Later tokens get +1e9 instead of a score of -1e9, so that the minimum never sees them.
  const visible = sub(unsqueeze(masked, [1]), squeeze(attentionBias, [1]));
  return stopGradient(reduceMin(visible, [2], true));
}

/** Moves [B, T] one position to the right; the first column becomes 0. */
function shiftRight(x: Value): Value {
  return padAxis(slice(x, { axis: 1, end: -1 }), 1, [1, 0]);
}
