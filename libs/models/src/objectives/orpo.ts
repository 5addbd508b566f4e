import { log1mExp, logSigmoid, mul, sub, type Value } from '@sipf/graph';
import type { CompletionLogProbs } from './completion-log-probs.ts';
import type { ObjectiveResult } from './objective.ts';
import { preferenceMetrics } from './preference-metrics.ts';
import { pairMean, preferencePairs, weighted } from './preference-pairs.ts';

/** What {@link orpo} needs beside the log-probabilities of the 2 P rows. */
export interface OrpoInputs {
  /** Weight of the odds-ratio term. */
  readonly lambda: number;
  /** Mean NLL of the chosen rows, scalar. */
  readonly nll: Value;
  /** Number of pairs of the effective batch, float32 scalar. */
  readonly pairs: Value;
  /** How much each pair's odds ratio counts, float32 [P]; those of `nll` are in it. @default all the same */
  readonly pairWeights?: Value | undefined;
}

/**
 * ORPO (Hong et al. 2024), Eqs. 7-8 of METHOD.md: NLL(y+) + lambda * -log sigmoid(log odds(y+) - log odds(y-)) with
 * log odds = log P - log(1 - P) by log1mExp and P the geometric mean over the completion's tokens, so that no prompt
 * token enters either term. Pairs of padding rows count for nothing.
 */
export function orpo(
  logProbs: CompletionLogProbs,
  { lambda, nll, pairs, pairWeights }: OrpoInputs,
): ObjectiveResult {
  const all = preferencePairs(logProbs);
  const logOdds = sub(logOddsOf(all.means.chosen), logOddsOf(all.means.rejected));
  const logRatio = pairMean(weighted(logSigmoid(logOdds), pairWeights), all, pairs);
  return {
    loss: sub(nll, mul(logRatio, lambda)),
    metrics: {
      ...preferenceMetrics(all, { rewards: all.means, logps: all.means, scale: lambda, pairs }),
      nll_loss: nll,
      log_odds_ratio: logRatio,
      log_odds_chosen: pairMean(logOdds, all, pairs),
    },
  };
}

/** log(P / (1 - P)) for log P = `meanLogProb` <= 0; finite at P -> 1, where log P counts as -2^-23 at most. */
export function logOddsOf(meanLogProb: Value): Value {
  return sub(meanLogProb, log1mExp(meanLogProb));
}
