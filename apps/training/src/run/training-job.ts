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
  /** The digest that the folder must have when the trainer opens it, see FolderSource. */
  readonly digest: string;
  /** Whether the folder holds only a configuration and a tokenizer. */
  readonly fresh: boolean;
}

/** A specification, checked at the boundary, as the trainer's job. */
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
    // Without decay it does not affect the result, so it is not part of the job.
    ...(weightDecay > 0 && { decay }),
    ...(maxGradNorm > 0 && { maxGradientNorm: maxGradNorm }),
  };
}

/** Whether a pair's prompt is computed once; undefined where the job leaves it to the trainer. */
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

/** The format of the frozen weights, from the head's objective or the adapter's settings. */
function quantisationOf({ lora, objective }: training.JobSpec): NonNullable<TrainingJob['quantisation']> {
  const wanted = isHeadOnly(objective) ? objective.value.quantisation : (lora?.quantisation ?? 0);
  return nameOf(quantisationNamed, wanted) ?? 'none';
}

/** The rows decide whether pairs are weighted: where any pair has a weight, every pair counts by its own. */
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

/** The head of a new reward model, and the template for its questions. */
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
