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
import { accumulationFits, BOUNDS, withZero } from '../bounds.ts';
import type { Checks } from './checks.ts';
import {
  decayNamed,
  nameOf,
  precisionNamed,
  promptSharingNamed,
  quantisationNamed,
} from '../training-names.ts';
import { checkArtifact, checkChatDay, checkModel } from './shared.ts';

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
  checkChatDay(checks, spec.chatDay);
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
    lora.within(spec.lora.rank, 'rank', BOUNDS.loraRank);
    lora.within(spec.lora.alpha, 'alpha', BOUNDS.loraAlpha);
    lora.within(spec.lora.dropout, 'dropout', BOUNDS.loraDropout);
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
      nested.within(lambda, 'lambda', BOUNDS.lambda);
      nested.within(nllWeight, 'nll_weight', BOUNDS.nllWeight);
      const needsBeta = loss === PreferenceLoss.DPO || loss === PreferenceLoss.RPO;
      nested.within(beta, 'beta', needsBeta ? BOUNDS.beta : withZero(BOUNDS.beta));
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
  checks.within(settings.learningRate, 'learning_rate', BOUNDS.learningRate);
  checks.within(settings.batchSize, 'batch_size', BOUNDS.batchSize);
  checks.within(settings.accumulation, 'accumulation', withZero(BOUNDS.accumulation));
  checks.require(accumulationFits(settings), 'accumulation', 'must be at most batch_size');
  checks.within(settings.epochs, 'epochs', withZero(BOUNDS.epochs));
  checks.within(settings.maxSteps, 'max_steps', withZero(BOUNDS.maxSteps));
  checks.require(settings.maxSteps > 0 || settings.epochs > 0, 'epochs', 'or max_steps must be over 0');
  checks.within(settings.warmupRatio, 'warmup_ratio', BOUNDS.warmupRatio);
  checks.require(settings.schedule !== Schedule.UNSPECIFIED, 'schedule', 'is required');
  checks.within(settings.weightDecay, 'weight_decay', BOUNDS.weightDecay);
  checks.within(settings.maxGradNorm, 'max_grad_norm', BOUNDS.maxGradNorm);
  checks.within(settings.beta1, 'beta1', BOUNDS.beta1);
  checks.within(settings.beta2, 'beta2', BOUNDS.beta2);
  checks.within(settings.epsilon, 'epsilon', BOUNDS.epsilon);
  checks.within(settings.maxSequenceTokens, 'max_sequence_tokens', BOUNDS.maxSequenceTokens);
  checks.within(settings.vocabularyPiece, 'vocabulary_piece', withZero(BOUNDS.vocabularyPiece));
  const { precision, promptSharing, decay } = settings;
  checks.require(nameOf(decayNamed, decay) !== undefined, 'decay', 'is not known');
  checks.require(nameOf(precisionNamed, precision) !== undefined, 'precision', 'is not known');
  checks.require(nameOf(promptSharingNamed, promptSharing) !== undefined, 'prompt_sharing', 'is not known');
}
