import {
  decayNamed,
  nameOf,
  precisionNamed,
  promptSharingNamed,
  quantisationNamed,
  scheduleNamed,
  training,
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
  const settings = spec.optimisation ?? training.Optimisation.create();
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
    optimiser: {
      beta1: settings.beta1,
      beta2: settings.beta2,
      epsilon: settings.epsilon,
      weightDecay: settings.weightDecay,
      // Where nothing decays it is no setting of the result.
      ...(settings.weightDecay > 0 && { decay: nameOf(decayNamed, settings.decay) ?? 'matrices' }),
      ...(settings.maxGradNorm > 0 ? { maxGradientNorm: settings.maxGradNorm } : {}),
    },
    schedule: {
      kind: nameOf(scheduleNamed, settings.schedule) ?? 'linear',
      learningRate: settings.learningRate,
      warmupRatio: settings.warmupRatio,
    },
    batchSize: settings.batchSize,
    ...memoryOf(settings),
    ...sharingOf(settings),
    precision: nameOf(precisionNamed, settings.precision) ?? 'float32',
    groupByLength: settings.groupByLength,
    accumulation: Math.max(settings.accumulation, 1),
    ...(settings.maxSteps > 0 ? { maxSteps: settings.maxSteps } : { epochs: settings.epochs }),
    maxSequenceTokens: settings.maxSequenceTokens,
    seed: String(spec.seed),
    outputFolder,
  };
}

function memoryOf({
  recomputeLayers,
  recomputeActivations,
  vocabularyPiece,
}: training.Optimisation): Partial<TrainingJob> {
  return { recomputeLayers, recomputeActivations, ...(vocabularyPiece > 0 && { vocabularyPiece }) };
}

/** Whether a pair's prompt is computed once, where the job does not leave it to the trainer. */
function sharingOf({ promptSharing }: training.Optimisation): Pick<TrainingJob, 'sharePrompts'> {
  const name = nameOf(promptSharingNamed, promptSharing) ?? 'auto';
  return name === 'auto' ? {} : { sharePrompts: name === 'always' };
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
