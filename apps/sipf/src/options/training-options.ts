import {
  adapterShape,
  chatDay,
  optimisationShape,
  preferenceShape,
  quantisationNamed,
  rewardShape,
  seed,
  toLora,
  toOptimisation,
  training,
  verifierHeadNamed,
} from '@sipf/contracts';
import { z } from 'zod';
import type { FlagsOf } from './define-command.ts';
import { prefixed, withoutPrefix } from './prefixed.ts';

/** What `sipf train --objective` can be. */
const OBJECTIVES = ['supervised', 'orpo', 'dpo', 'rpo', 'process-reward', 'outcome-reward'] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** A setting whose value has a name of its own in a help text. */
function valued<Schema extends z.ZodType>(value: string, schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), value });
}

/** Without a rank there is no adapter. */
const loraFlags = {
  ...adapterShape,
  targetModules: valued('name', adapterShape.targetModules),
  modulesToSave: valued('name', adapterShape.modulesToSave),
  rank: adapterShape.rank.optional(),
  alpha: adapterShape.alpha
    .optional()
    .describe('the adapter counts by alpha / rank; default: twice the rank'),
} as const;

/** Flags of a training job, beside its model and data. */
export const trainingFlags = {
  objective: z.enum(OBJECTIVES).describe('what is learnt'),
  ...optimisationShape,
  learningRate: optimisationShape.learningRate.default(5e-5),
  seed: seed.meta({ value: 'number', description: 'order of the data and new weights' }),
  chatDay: valued('date', chatDay),
  ...preferenceShape,
  head: rewardShape.head,
  headOnly: z
    .boolean()
    .default(false)
    .describe('reward models: train the head and leave the decoder as it is'),
  labels: rewardShape.labels,
  promptTemplate: z
    .string()
    .meta({ value: 'text' })
    .default('')
    .describe('reward models: the text before the first step, with {question}'),
  headQuantisation: rewardShape.quantisation.describe('with --head-only, how the decoder is kept'),
  ...prefixed('lora', loraFlags),
} as const;
export type TrainingFlags = FlagsOf<typeof trainingFlags>;

/** The job of these flags, without its model and data. */
export function jobSettings(
  flags: TrainingFlags,
): Pick<training.JobSpec, 'objective' | 'optimisation' | 'lora' | 'seed' | 'chatDay'> {
  const { rank, alpha, ...adapter } = withoutPrefix('lora', loraFlags, flags);
  return {
    objective: objectiveOf(flags),
    optimisation: toOptimisation(flags),
    lora: rank === undefined ? undefined : toLora({ ...adapter, rank, alpha: alpha ?? 2 * rank }),
    seed: BigInt(flags.seed),
    chatDay: flags.chatDay,
  };
}

function objectiveOf(flags: TrainingFlags): NonNullable<training.JobSpec['objective']> {
  const { objective, lambda, beta, nllWeight, nll, head, headOnly, labels, promptTemplate } = flags;
  const { ORPO, DPO, RPO } = training.PreferenceLoss;
  const preference = { lambda, beta, nllWeight, wholeSequenceNll: nll === 'sequence' };
  const reward = {
    head: verifierHeadNamed[head],
    softLabels: labels === 'soft',
    promptTemplate,
    headOnly,
    quantisation: quantisationNamed[flags.headQuantisation],
  };
  switch (objective) {
    case 'supervised':
      return { $case: 'supervised', value: {} };
    case 'orpo':
      return { $case: 'preference', value: { ...preference, loss: ORPO } };
    case 'dpo':
      return { $case: 'preference', value: { ...preference, loss: DPO } };
    case 'rpo':
      return { $case: 'preference', value: { ...preference, loss: RPO } };
    case 'process-reward':
      return { $case: 'rewardModel', value: { ...reward, outcomeOnly: false } };
    case 'outcome-reward':
      return { $case: 'rewardModel', value: { ...reward, outcomeOnly: true } };
  }
}
