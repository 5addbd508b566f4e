import { SipfError } from '@sipf/errors';
import { logProbabilityOf, probabilityOf } from './log-odds.ts';
import { mean } from './metrics/mean.ts';
import type { RewardAggregation } from './path-rewards.ts';

const rules: Readonly<Record<RewardAggregation, (logOdds: readonly number[]) => number>> = {
  mean: logMean,
  min: (logOdds) => logProbabilityOf(logOdds.reduce((lowest, one) => Math.min(lowest, one))),
  product: (logOdds) => logOdds.reduce((sum, one) => sum + logProbabilityOf(one), 0),
  last: (logOdds) => logProbabilityOf(logOdds.at(-1) as number),
};

/**
 * The logarithm of a path's reward (Eq. 5) from its steps' log-odds, in nats, at most 0. It orders paths as their rewards do,
 * including those whose rewards equal 0, 1 or each other as doubles.
 * @param logOdds log(V / (1 - V)) of each step
 * @throws SipfError `invalid-argument`, reason `STEP_SCORES_INVALID`, for no scores or a score that is not a number
 */
export function pathLogReward(logOdds: readonly number[], aggregation: RewardAggregation): number {
  const bad = logOdds.findIndex((one) => Number.isNaN(one));
  if (logOdds.length > 0 && bad === -1) return rules[aggregation](logOdds);
  const description = bad === -1 ? 'a path needs at least one step' : 'must be a number, got NaN';
  throw new SipfError('invalid-argument', `log-odds of steps: ${description}`, {
    reason: 'STEP_SCORES_INVALID',
    violations: [{ field: bad === -1 ? 'logOdds' : `logOdds[${bad}]`, description }],
  });
}

/** log((1 / T) sum_t V_t), computed from 1 minus the mean if that is smaller. */
function logMean(logOdds: readonly number[]): number {
  const against = mean(logOdds.map((one) => probabilityOf(-one)));
  if (against < 0.5) return Math.log1p(-against);
  const logs = logOdds.map(logProbabilityOf);
  const largest = Math.max(...logs);
  if (largest === -Infinity) return largest;
  return largest + Math.log(mean(logs.map((log) => Math.exp(log - largest))));
}
