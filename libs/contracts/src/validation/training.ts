import type {
  JobSpec,
  Optimisation,
  RewardModelObjective,
  StartJobRequest,
} from '../generated/sipf/training/v1/training.ts';
import {
  PreferenceLoss,
  Quantisation,
  Schedule,
  VerifierHead,
} from '../generated/sipf/training/v1/training.ts';
import type { Checks } from './checks.ts';
import { nameOf, precisionNamed, promptSharingNamed, quantisationNamed } from '../training-names.ts';
import { checkArtifact, checkModel } from './shared.ts';

export function checkStartJob(checks: Checks, request: StartJobRequest): void {
  checkId(checks, request.jobId, 'job_id', 128);
  if (!checks.require(request.spec !== undefined, 'spec', 'is required') || request.spec === undefined)
    return;
  checkSpec(checks.nested('spec'), request.spec);
}

/** Ids that become part of file names and event subjects. */
export function checkId(checks: Checks, id: string, field: string, max: number): void {
  checks.require(id.length <= max && /^[a-z0-9-]+$/.test(id), field, `must be 1 to ${max} of a-z, 0-9 and -`);
}

function checkSpec(checks: Checks, spec: JobSpec): void {
  checkArtifact(checks, spec.dataset, 'dataset');
  if (spec.initialConfig === undefined) {
    checkModel(checks, spec.baseModel, 'base_model');
    checks.require((spec.baseModel?.digest ?? '') !== '', 'base_model', 'or initial_config is required');
  } else {
    checkArtifact(checks, spec.initialConfig, 'initial_config');
  }
  checkObjective(checks, spec);
  if (checks.require(spec.optimisation !== undefined, 'optimisation', 'is required') && spec.optimisation) {
    checkOptimisation(checks.nested('optimisation'), spec.optimisation);
  }
  if (spec.lora !== undefined) {
    const lora = checks.nested('lora');
    lora.integer(spec.lora.rank, 'rank', { min: 1, max: 4096 });
    lora.number(spec.lora.alpha, 'alpha', { min: Number.MIN_VALUE, max: 1e6 });
    lora.number(spec.lora.dropout, 'dropout', { min: 0, max: 0.95 });
    const { quantisation, modulesToSave } = spec.lora;
    lora.require(nameOf(quantisationNamed, quantisation) !== undefined, 'quantisation', 'is not known');
    modulesToSave.forEach((module, index) => {
      lora.require(module !== '', `modules_to_save[${index}]`, 'must not be empty');
    });
  }
}

function checkObjective(checks: Checks, { objective }: JobSpec): void {
  if (!checks.require(objective !== undefined, 'objective', 'is required') || objective === undefined) return;
  switch (objective.$case) {
    case 'supervised':
      return;
    case 'preference': {
      const nested = checks.nested('preference');
      const { loss, lambda, beta, nllWeight } = objective.value;
      nested.require(loss !== PreferenceLoss.UNSPECIFIED, 'loss', 'is required');
      nested.number(lambda, 'lambda', { min: 0, max: 1e6 });
      nested.number(nllWeight, 'nll_weight', { min: 0, max: 1e6 });
      const needsBeta = loss === PreferenceLoss.DPO || loss === PreferenceLoss.RPO;
      nested.number(beta, 'beta', { min: needsBeta ? Number.MIN_VALUE : 0, max: 1e6 });
      return;
    }
    case 'rewardModel':
      checks.require(
        objective.value.head !== VerifierHead.UNSPECIFIED,
        'reward_model.head',
        'is required: hidden or hidden_confidence',
      );
      checkHeadQuantisation(checks.nested('reward_model'), objective.value);
  }
}

function checkHeadQuantisation(checks: Checks, { headOnly, quantisation }: RewardModelObjective): void {
  const isKnown = nameOf(quantisationNamed, quantisation) !== undefined;
  checks.require(isKnown, 'quantisation', 'is not known');
  checks.require(headOnly || quantisation === Quantisation.UNSPECIFIED, 'quantisation', 'is for head_only');
}

function checkOptimisation(checks: Checks, settings: Optimisation): void {
  checks.number(settings.learningRate, 'learning_rate', { min: 0, max: 10 });
  checks.integer(settings.batchSize, 'batch_size', { min: 1, max: 65_536 });
  checks.integer(settings.accumulation, 'accumulation', { min: 0, max: settings.batchSize });
  checks.number(settings.epochs, 'epochs', { min: 0, max: 1e6 });
  checks.integer(settings.maxSteps, 'max_steps', { min: 0, max: 1e9 });
  checks.require(settings.maxSteps > 0 || settings.epochs > 0, 'epochs', 'or max_steps must be over 0');
  checks.number(settings.warmupRatio, 'warmup_ratio', { min: 0, max: 1 });
  checks.require(settings.schedule !== Schedule.UNSPECIFIED, 'schedule', 'is required');
  checks.number(settings.weightDecay, 'weight_decay', { min: 0, max: 10 });
  checks.number(settings.maxGradNorm, 'max_grad_norm', { min: 0, max: 1e9 });
  checks.number(settings.beta1, 'beta1', { min: 0, max: 0.999999 });
  checks.number(settings.beta2, 'beta2', { min: 0, max: 0.999999999 });
  checks.number(settings.epsilon, 'epsilon', { min: 1e-30, max: 1 });
  checks.integer(settings.maxSequenceTokens, 'max_sequence_tokens', { min: 2, max: 1_048_576 });
  checks.integer(settings.vocabularyPiece, 'vocabulary_piece', { min: 0, max: 1 << 24 });
  const { precision, promptSharing } = settings;
  checks.require(nameOf(precisionNamed, precision) !== undefined, 'precision', 'is not known');
  checks.require(nameOf(promptSharingNamed, promptSharing) !== undefined, 'prompt_sharing', 'is not known');
}
