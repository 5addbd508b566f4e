import {
  fromOptimisation,
  memoryOf,
  nameOf,
  quantisationNamed,
  training,
  type OptimisationConfig,
} from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { TrainingDataset, TrainingJob } from '@sipf/learning';
import type { ObjectiveSettings, TokenClassificationHead } from '@sipf/models';

/** The folder that a job starts from. */
export interface StartFolder {
  readonly folder: string;
  readonly adapterFolder?: string;
  /** What the folder must be when the trainer opens it, see FolderSource. */
  readonly digest: string;
  /** Whether the folder has only a configuration and a tokenizer. */
  readonly fresh: boolean;
}

/** A specification, checked at the boundary, as the trainer wants it. */
export function toTrainingJob(
  spec: training.JobSpec,
  {
    start,
    dataset,
    outputFolder,
  }: { readonly start: StartFolder; readonly dataset: TrainingDataset; readonly outputFolder: string },
): TrainingJob {
  const settings = fromOptimisation(spec.optimisation ?? training.Optimisation.create());
  const { folder, digest, adapterFolder } = start;
  return {
    start: start.fresh
      ? { kind: 'scratch', configFolder: folder }
      : { kind: 'pretrained', folder, digest, ...(adapterFolder === undefined ? {} : { adapterFolder }) },
    objective: objectiveOf(spec.objective, hasWeights(dataset)),
    trainable: trainableOf(spec),
    quantisation: quantisationOf(spec),
    ...verifierHeadOf(spec.objective),
    dataset,
    optimiser: optimiserOf(settings),
    schedule: {
      kind: settings.schedule,
      learningRate: settings.learningRate,
      warmupRatio: settings.warmupRatio,
    },
    batchSize: settings.batchSize,
    memory: memoryOf(settings),
    ...sharingOf(settings),
    precision: settings.precision,
    groupByLength: settings.groupByLength,
    accumulation: settings.accumulation,
    ...(settings.maxSteps === undefined ? { epochs: settings.epochs } : { maxSteps: settings.maxSteps }),
    maxSequenceTokens: settings.maxSequenceTokens,
    seed: String(spec.seed),
    outputFolder,
  };
}

function optimiserOf(settings: OptimisationConfig): TrainingJob['optimiser'] {
  const { beta1, beta2, epsilon, weightDecay, decay, maxGradNorm } = settings;
  return {
    ...{ beta1, beta2, epsilon, weightDecay },
    // Where nothing decays it is no setting of the result.
    ...(weightDecay > 0 && { decay }),
    ...(maxGradNorm > 0 && { maxGradientNorm: maxGradNorm }),
  };
}

/** Whether a pair's prompt is computed once, where the job does not leave it to the trainer. */
function sharingOf({ promptSharing }: OptimisationConfig): Pick<TrainingJob, 'sharePrompts'> {
  return promptSharing === 'auto' ? {} : { sharePrompts: promptSharing === 'always' };
}

function isHeadOnly(
  objective: training.JobSpec['objective'],
): objective is { readonly $case: 'rewardModel'; readonly value: training.RewardModelObjective } {
  return objective?.$case === 'rewardModel' && objective.value.headOnly;
}

function trainableOf({ lora, objective }: training.JobSpec): TrainingJob['trainable'] {
  if (isHeadOnly(objective)) return { kind: 'head' };
  if (lora === undefined) return { kind: 'full' };
  const { rank, alpha, dropout, targetModules, modulesToSave } = lora;
  const targets = targetModules.length === 0 ? ('all-linear' as const) : targetModules;
  return { kind: 'lora', lora: { rank, alpha, dropout, targetModules: targets }, modulesToSave };
}

/** How the frozen weights are kept: as the head's objective says, or the adapter's settings. */
function quantisationOf({ lora, objective }: training.JobSpec): NonNullable<TrainingJob['quantisation']> {
  const asked = isHeadOnly(objective) ? objective.value.quantisation : (lora?.quantisation ?? 0);
  return nameOf(quantisationNamed, asked) ?? 'none';
}

/** Weights are a matter of the rows: where any pair has one, all are counted by theirs. */
function hasWeights(dataset: TrainingDataset): boolean {
  return dataset.kind === 'preference' && dataset.examples.some(({ weight }) => weight !== undefined);
}

function objectiveOf(objective: training.JobSpec['objective'], pairWeights: boolean): ObjectiveSettings {
  switch (objective?.$case) {
    case 'preference': {
      const { loss, lambda, beta, nllWeight, wholeSequenceNll } = objective.value;
      const { DPO, RPO } = training.PreferenceLoss;
      const weights = pairWeights ? { pairWeights } : {};
      if (loss === DPO) return { kind: 'dpo', beta, ...weights };
      if (loss === RPO) return { kind: 'rpo', beta, nllWeight, ...weights };
      return { kind: 'orpo', lambda, nll: wholeSequenceNll ? 'sequence' : 'completion', ...weights };
    }
    case 'rewardModel':
      return { kind: objective.value.outcomeOnly ? 'outcome-reward' : 'process-reward' };
    case 'supervised':
      return { kind: 'sft' };
    case undefined:
      throw new SipfError('invalid-argument', 'objective is required', {
        reason: 'INVALID_FIELD',
        violations: [{ field: 'spec.objective', description: 'is required' }],
      });
  }
}

/** The head that a reward model gets, with the template that its questions are put into. */
function verifierHeadOf(objective: training.JobSpec['objective']): {
  verifierHead?: TokenClassificationHead;
} {
  if (objective?.$case !== 'rewardModel') return {};
  const { head, promptTemplate } = objective.value;
  const confident = head === training.VerifierHead.HIDDEN_CONFIDENCE;
  return {
    verifierHead: {
      kind: 'token-classification',
      numLabels: 2,
      features: confident ? 'hidden+confidence' : 'hidden',
      ...(promptTemplate === '' ? {} : { promptTemplate }),
    },
  };
}
