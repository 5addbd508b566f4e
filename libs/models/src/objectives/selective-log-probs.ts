import {
  type Dim,
  fill,
  gather,
  multiplyDims,
  nonZero,
  projectedLogProbs,
  type Projection,
  reshape,
  scatterAdd,
  type Value,
} from '@sipf/graph';
import { followingIds, type TokenPredictions } from './completion-log-probs.ts';

/** What {@link selectiveLogProbs} reads. */
export interface SelectiveInputs {
  /** float32 [B, T, D] */
  readonly hidden: Value;
  /** int64 [B, T] */
  readonly inputIds: Value;
  /** int64 [B, T]: the id that each position predicts. @default the following token's */
  readonly targets?: Value;
  /** float32 [B, T]: where the target's log-probability is wanted, not 0. */
  readonly wanted: Value;
  /** Vocabulary entries whose logits are there at a time. */
  readonly piece: number;
  /** @default false */
  readonly predictions?: boolean;
  /** Whether the projection gets no gradient, see projectedLogProbs. @default false */
  readonly frozen?: boolean;
}

/**
 * Log-probabilities of the targets, [B, T], where they are wanted, and 0 elsewhere. Logits are computed at
 * these positions alone and never for more than a piece of the vocabulary at a time.
 */
export function selectiveLogProbs(
  projection: Projection,
  { hidden, inputIds, targets = followingIds(inputIds), wanted, piece, ...options }: SelectiveInputs,
): { readonly tokens: Value; readonly predictions?: TokenPredictions } {
  const [B, T, D] = hidden.shape as readonly [Dim, Dim, Dim];
  const rows = multiplyDims(B, T);
  const rowsWanted = nonZero(reshape(wanted, [rows]));
  const found = projectedLogProbs(gather(reshape(hidden, [rows, D]), rowsWanted), projection, {
    ids: gather(reshape(targets, [rows]), rowsWanted),
    piece,
    ...options,
  });
  const spread = (values: Value) =>
    reshape(scatterAdd(fill(hidden.graph, values.dtype, [rows], 0), rowsWanted, values, 0), [B, T]);
  const tokens = spread(found.logProbs);
  if (found.predictions === undefined) return { tokens };
  const { correct, entropy } = found.predictions;
  return { tokens, predictions: { correct: spread(correct), entropy: spread(entropy) } };
}
