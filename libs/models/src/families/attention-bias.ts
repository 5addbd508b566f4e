import { type Dim, equal, greater, logicalOr, range, unsqueeze, type Value, where } from '@sipf/graph';

/** What is added to the score of a key that may not be seen: exp of it is 0 in float32, and it is finite. */
export const MASKED_SCORE = -1e9;

/**
 * float32 [1, 1, T, T]: every query sees itself and what comes before. Enough for right-padded rows, whose padding
 * only padding sees, and no row of it is all masked. `inputIds` is int64 [B, T].
 */
export function rightPaddedAttentionBias(inputIds: Value): Value {
  return asBias(unsqueeze(future(inputIds), [0, 1]));
}

/** float32 [B, 1, T, T]: causal, and keys where int64 `attentionMask` [B, T] is 0 are hidden (padding on any side). */
export function causalAttentionBias(attentionMask: Value): Value {
  const hidden = equal(attentionMask, 0);
  return asBias(logicalOr(unsqueeze(hidden, [1, 2]), unsqueeze(future(attentionMask), [0, 1])));
}

/** int64 [1, T]: 0, 1, ..., T - 1 for int64 `inputIds` [B, T]. */
export function countingPositionIds(inputIds: Value): Value {
  return unsqueeze(counting(inputIds), [0]);
}

function asBias(hidden: Value): Value {
  const { graph } = hidden;
  return where(hidden, graph.scalar(MASKED_SCORE), 0);
}

/** bool [T, T]: whether the key (column) comes after the query (row). */
function future(like: Value): Value {
  const positions = counting(like);
  return greater(unsqueeze(positions, [0]), unsqueeze(positions, [1]));
}

function counting(like: Value): Value {
  return range(like.graph, like.shape[1] as Dim);
}
