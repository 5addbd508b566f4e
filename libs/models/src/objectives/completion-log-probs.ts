import {
  argMax,
  cast,
  concat,
  div,
  equal,
  exp,
  logSoftmax,
  maximum,
  mul,
  neg,
  padAxis,
  reduceSum,
  selectedLogProbs,
  slice,
  stopGradient,
  type Value,
} from '@sipf/graph';

/** Log-probabilities of tokens, and which of these tokens belong to a completion. */
export interface CompletionLogProbs {
  /** float32 [B, T]: mostly at position t of the token at t + 1. */
  readonly tokens: Value;
  /** float32 [B, T]: 1 where the token that `tokens` speaks of is a completion's, else 0. */
  readonly mask: Value;
  /** What the model would have said instead, where somebody wants to know. */
  readonly predictions?: TokenPredictions;
}

/** How sure and how right a model is of the following token at every position, float32 [B, T], without gradient. */
export interface TokenPredictions {
  /** 1 where the likeliest token is the one that follows, else 0. */
  readonly correct: Value;
  /** Entropy of the predicted distribution in nats. */
  readonly entropy: Value;
}

/** Log-probabilities of each sequence's own tokens; `logits` [B, T, V], int64 `inputIds` [B, T]. */
export function nextTokenLogProbs(logits: Value, inputIds: Value): Value {
  return selectedLogProbs(logits, followingIds(inputIds));
}

/** int64 [B, T]: at position t the id at t + 1; the last column predicts nothing and holds some id, its mask is 0. */
export function followingIds(inputIds: Value): Value {
  const first = slice(inputIds, { axis: 1, start: 0, end: 1 });
  return concat([slice(inputIds, { axis: 1, start: 1 }), first], 1);
}

/** How a model of these logits [B, T, V] predicts the sequences' own tokens; int64 `inputIds` [B, T]. */
export function tokenPredictions(logits: Value, inputIds: Value): TokenPredictions {
  const logProbs = stopGradient(logSoftmax(logits));
  return {
    correct: cast(equal(argMax(logits, -1), followingIds(inputIds)), 'float32'),
    entropy: neg(reduceSum(mul(exp(logProbs), logProbs), [-1])),
  };
}

/** A float32 mask [B, T] over tokens as a mask over the positions that predict them. */
export function predictingMask(tokenMask: Value): Value {
  return padAxis(slice(tokenMask, { axis: 1, start: 1 }), 1, [0, 1]);
}

/** Sum over each row's masked tokens, [B]. */
export function rowSums({ tokens, mask }: CompletionLogProbs): Value {
  return reduceSum(mul(tokens, mask), [1]);
}

/** Sum over everything masked over the number of tokens of the effective batch, negated: a mean NLL. */
export function meanNll(logProbs: CompletionLogProbs, tokenCount: Value): Value {
  return neg(div(reduceSum(mul(logProbs.tokens, logProbs.mask)), atLeastOne(tokenCount)));
}

/** Sum of `values` [B, T] over everything masked over the number of tokens of the effective batch. */
export function tokenMean(values: Value, mask: Value, tokenCount: Value): Value {
  return div(reduceSum(mul(values, mask)), atLeastOne(tokenCount));
}

/** max(count, 1): a batch of nothing has a loss of 0, not NaN. */
export function atLeastOne(count: Value): Value {
  return maximum(count, 1);
}
