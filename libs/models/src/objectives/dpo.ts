import { add, logSigmoid, mul, neg, sub, type Value } from '@sipf/graph';
import type { CompletionLogProbs } from './completion-log-probs.ts';
import type { ObjectiveResult } from './objective.ts';
import { preferenceMetrics } from './preference-metrics.ts';
import { margin, pairMean, preferencePairs, splitRows, weighted } from './preference-pairs.ts';

/** What {@link dpo} needs beside the policy's log-probabilities of the 2 P rows. */
export interface DpoInputs {
  readonly beta: number;
  /** The reference model's summed log-probabilities of the same completions, float32 [2 P], chosen rows first. */
  readonly referenceLogps: Value;
  /** Number of pairs of the effective batch, float32 scalar. */
  readonly pairs: Value;
  /** How much each pair counts, float32 [P]. @default all the same */
  readonly pairWeights?: Value | undefined;
}

/** DPO (Rafailov et al. 2023), Eq. 7: -log sigmoid(beta * (policy's margin - reference's margin)), mean over pairs. */
export function dpo(
  logProbs: CompletionLogProbs,
  { beta, referenceLogps, pairs, pairWeights }: DpoInputs,
): ObjectiveResult {
  const all = preferencePairs(logProbs);
  const reference = splitRows(referenceLogps);
  const rewards = {
    chosen: sub(all.sums.chosen, reference.chosen),
    rejected: sub(all.sums.rejected, reference.rejected),
  };
  const preferred = logSigmoid(mul(margin(rewards), beta));
  return {
    loss: neg(pairMean(weighted(preferred, pairWeights), all, pairs)),
    metrics: preferenceMetrics(all, { rewards, logps: all.sums, scale: beta, pairs }),
  };
}

/**
 * RPO (Pang et al. 2024): DPO plus `nllWeight` times the chosen completions' NLL, each averaged over its own tokens,
 * then over the pairs.
 */
export function rpo(
  logProbs: CompletionLogProbs,
  inputs: DpoInputs & { readonly nllWeight: number },
): ObjectiveResult {
  const preference = dpo(logProbs, inputs);
  const all = preferencePairs(logProbs);
  const nll = neg(pairMean(weighted(all.means.chosen, inputs.pairWeights), all, inputs.pairs));
  return {
    loss: add(preference.loss, mul(nll, inputs.nllWeight)),
    metrics: { ...preference.metrics, nll_loss: nll },
  };
}
