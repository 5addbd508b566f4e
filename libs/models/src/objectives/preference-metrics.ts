import { cast, greater, mul, sub, type Value } from '@sipf/graph';
import { type PairValues, pairMean, type PreferencePairs } from './preference-pairs.ts';

/** What {@link preferenceMetrics} reports on. */
export interface PreferenceRewards {
  /** Unscaled implicit rewards of both sides. */
  readonly rewards: PairValues;
  /** Log-probabilities of both sides, summed or averaged as the objective takes them. */
  readonly logps: PairValues;
  /** Factor of the rewards (beta or lambda). */
  readonly scale: number;
  readonly pairs: Value;
}

/** TRL's metrics of a preference objective: rewards, their margin and accuracy, log-probabilities; means over pairs. */
export function preferenceMetrics(all: PreferencePairs, inputs: PreferenceRewards): Record<string, Value> {
  const { rewards, logps, scale, pairs } = inputs;
  const mean = (values: Value) => pairMean(values, all, pairs);
  const chosen = mul(mean(rewards.chosen), scale);
  const rejected = mul(mean(rewards.rejected), scale);
  return {
    'rewards/chosen': chosen,
    'rewards/rejected': rejected,
    'rewards/accuracies': mean(cast(greater(rewards.chosen, rewards.rejected), 'float32')),
    'rewards/margins': sub(chosen, rejected),
    'logps/chosen': mean(logps.chosen),
    'logps/rejected': mean(logps.rejected),
  };
}
