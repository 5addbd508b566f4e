import { SipfError } from '@sipf/errors';
import { mean } from './metrics/mean.ts';

/** How step scores become a path's reward. */
export type RewardAggregation = 'mean' | 'min' | 'product' | 'last';

const rules: Readonly<Record<RewardAggregation, (scores: readonly number[]) => number>> = {
  // Eq. 5: (1 / T) sum_t V(q, s_1..t)
  mean,
  min: (scores) => scores.reduce((lowest, score) => Math.min(lowest, score)),
  product: (scores) => scores.reduce((product, score) => product * score),
  last: (scores) => scores.at(-1) as number,
};

/** Every aggregation, in the order in which reports list them. */
export const rewardAggregations = Object.keys(rules) as readonly RewardAggregation[];

/**
 * Eq. 5: the reward of a path from the verifier's score of each of its steps.
 * @param scores V(q, s_1..t) in [0, 1], one a step
 * @throws SipfError `invalid-argument`, reason `STEP_SCORES_INVALID`, for no scores or one outside [0, 1]
 */
export function pathReward(scores: readonly number[], aggregation: RewardAggregation): number {
  checkScores(scores);
  return rules[aggregation](scores);
}

/** The reward under every aggregation. */
export function pathRewards(scores: readonly number[]): Record<RewardAggregation, number> {
  checkScores(scores);
  return {
    mean: rules.mean(scores),
    min: rules.min(scores),
    product: rules.product(scores),
    last: rules.last(scores),
  };
}

function checkScores(scores: readonly number[]): void {
  const bad = scores.findIndex((score) => !(score >= 0 && score <= 1));
  if (scores.length > 0 && bad === -1) return;
  const description = bad === -1 ? 'a path needs at least one step' : `must be in [0, 1], got ${scores[bad]}`;
  throw new SipfError('invalid-argument', `step scores: ${description}`, {
    reason: 'STEP_SCORES_INVALID',
    violations: [{ field: bad === -1 ? 'scores' : `scores[${bad}]`, description }],
  });
}
