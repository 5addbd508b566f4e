import {
  cast,
  type Dim,
  div,
  divideDims,
  greater,
  logicalAnd,
  mul,
  neg,
  reduceSum,
  reshape,
  slice,
  squeeze,
  sub,
  type Value,
} from '@sipf/graph';
import { atLeastOne, type CompletionLogProbs, rowSums } from './completion-log-probs.ts';

/** Per-pair quantities of a batch whose first half of rows is chosen and whose second half is rejected. */
export interface PairValues {
  /** float32 [P] */
  readonly chosen: Value;
  /** float32 [P] */
  readonly rejected: Value;
}

/** The pairs of a preference batch of 2 P rows. */
export interface PreferencePairs {
  /** Sums of the completions' log-probabilities. */
  readonly sums: PairValues;
  /** Means over the completions' tokens; 0 for a row without any. */
  readonly means: PairValues;
  /** float32 [P]: 1 where both rows have a completion, 0 for padding rows, which count for nothing. */
  readonly weights: Value;
}

/** Splits a batch [2 P, T] into its pairs. */
export function preferencePairs(logProbs: CompletionLogProbs): PreferencePairs {
  const sums = rowSums(logProbs);
  const counts = reduceSum(logProbs.mask, [1]);
  const perRow = splitRows(counts);
  const weights = cast(logicalAnd(greater(perRow.chosen, 0), greater(perRow.rejected, 0)), 'float32');
  return { sums: splitRows(sums), means: splitRows(div(sums, atLeastOne(counts))), weights };
}

/** The halves [P] of a value [2 P]. */
export function splitRows(rows: Value): PairValues {
  const halves = reshape(rows, [2, divideDims(rows.shape[0] as Dim, 2) ?? -1]);
  const half = (index: number) => squeeze(slice(halves, { axis: 0, start: index, end: index + 1 }), [0]);
  return { chosen: half(0), rejected: half(1) };
}

/**
 * Mean NLL of the chosen rows over the effective batch's number of their tokens; a padding row adds nothing.
 * @param pairWeights see {@link weighted}
 */
export function chosenNll(logProbs: CompletionLogProbs, chosenTokens: Value, pairWeights?: Value): Value {
  const sums = weighted(splitRows(rowSums(logProbs)).chosen, pairWeights);
  return neg(div(reduceSum(sums), atLeastOne(chosenTokens)));
}

/**
 * Per-pair values by how much each pair counts, float32 [P], 1 on average over the data set; the values themselves, in the
 * same graph as ever, where all count the same.
 */
export function weighted(values: Value, pairWeights: Value | undefined): Value {
  return pairWeights === undefined ? values : mul(values, pairWeights);
}

/** chosen - rejected, [P]. */
export function margin({ chosen, rejected }: PairValues): Value {
  return sub(chosen, rejected);
}

/** Means over the pairs of the effective batch, as this batch's share of them. */
export function pairMean(values: Value, { weights }: PreferencePairs, pairs: Value): Value {
  return div(reduceSum(mul(values, weights)), atLeastOne(pairs));
}
