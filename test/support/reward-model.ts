import { training } from '@sipf/contracts';

/** The objective of a verifier's training, with the head `hidden`. @param value what is otherwise */
export function rewardModel(
  value: Parameters<typeof training.RewardModelObjective.fromPartial>[0],
): NonNullable<training.JobSpec['objective']> {
  const head = training.VerifierHead.HIDDEN;
  return {
    $case: 'rewardModel',
    value: training.RewardModelObjective.fromPartial({ head, ...value }),
  };
}
