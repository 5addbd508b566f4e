import type { Value } from '@sipf/graph';
import { type CompletionLogProbs, meanNll, tokenMean } from './completion-log-probs.ts';
import type { ObjectiveResult } from './objective.ts';

/**
 * Mean negative log-likelihood of the completions' tokens; the prompt's are not trained on. Metrics where the predictions
 * are given, means over the same tokens: `mean_token_accuracy`, `entropy`.
 */
export function sft(
  logProbs: CompletionLogProbs,
  { completionTokens }: { completionTokens: Value },
): ObjectiveResult {
  const { mask, predictions } = logProbs;
  const loss = meanNll(logProbs, completionTokens);
  if (predictions === undefined) return { loss, metrics: {} };
  return {
    loss,
    metrics: {
      mean_token_accuracy: tokenMean(predictions.correct, mask, completionTokens),
      entropy: tokenMean(predictions.entropy, mask, completionTokens),
    },
  };
}
