import { training } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { checkSupported } from './check-supported.ts';
import type { Sharding } from './layout.ts';

type Changes = Parameters<typeof training.JobSpec.fromPartial>[0];

function check(changes: Changes, sharding: Sharding = 'ddp'): void {
  const spec = training.JobSpec.fromPartial({ optimisation: { batchSize: 8 }, ...changes });
  checkSupported(spec, { sharding, processes: 2, offloadActivations: false });
}

const { PreferenceLoss, Precision, Quantisation, VerifierHead } = training;
const preference = (loss: training.PreferenceLoss) =>
  ({ $case: 'preference', value: training.PreferenceObjective.fromPartial({ loss }) }) as const;
const reward = (head: training.VerifierHead, quantisation: training.Quantisation = 0) => {
  const value = training.RewardModelObjective.fromPartial({ head, headOnly: true, quantisation });
  return { $case: 'rewardModel', value } as const;
};

it.each<Changes>([
  { objective: preference(PreferenceLoss.DPO) },
  { objective: preference(PreferenceLoss.RPO) },
  { objective: preference(PreferenceLoss.ORPO) },
  { objective: reward(VerifierHead.HIDDEN_CONFIDENCE) },
  { objective: reward(VerifierHead.HIDDEN, Quantisation.NF4_DOUBLE) },
  { lora: { rank: 2, quantisation: Quantisation.NF4 } },
  { lora: { rank: 2, quantisation: Quantisation.NF4_DOUBLE } },
  { optimisation: { batchSize: 8, precision: Precision.BFLOAT16 } },
])('takes %j', (changes) => {
  expect(() => {
    check(changes);
  }).not.toThrow();
});

it.each<[string, Changes, Sharding]>([
  ['spec.lora.quantisation', { lora: { quantisation: Quantisation.INT4 } }, 'ddp'],
  ['spec.lora.quantisation', { lora: { quantisation: Quantisation.NF4 } }, 'fsdp2'],
  ['spec.reward_model.quantisation', { objective: reward(VerifierHead.HIDDEN, Quantisation.NF4) }, 'zero3'],
  ['spec.optimisation.precision', { optimisation: { batchSize: 8, precision: Precision.BFLOAT16 } }, 'zero3'],
])('refuses %s with the remedy: %j by %s', (field, changes, sharding) => {
  expect(() => {
    check(changes, sharding);
  }).toThrow(
    expect.objectContaining({
      kind: 'unimplemented',
      reason: 'OBJECTIVE_UNSUPPORTED',
      message: expect.stringMatching(/: use /) as string,
      violations: [expect.objectContaining({ field }) as object],
    }) as Error,
  );
});
