import { BOUNDS, withZero } from '../bounds.ts';
import type {
  JobSpec,
  Optimisation,
  RewardModelObjective,
  StartJobRequest,
} from '../generated/sipf/training/v1/training.ts';
import { PreferenceLoss, Quantisation, VerifierHead } from '../generated/sipf/training/v1/training.ts';
import { describeRelation, isRelated, RELATIONS } from '../relations.ts';
import { adapterShape } from '../settings/adapter.ts';
import { OPTIMISATION_WORDS } from '../settings/messages.ts';
import { preferenceShape } from '../settings/objective.ts';
import { optimisationShape } from '../settings/optimisation.ts';
import { quantisationNamed } from '../training-names.ts';
import type { Checks } from './checks.ts';
import { checkNumbers, checkWords, fieldOf } from './settings.ts';
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
    checkNumbers(lora, spec.lora, adapterShape);
    checkWords(lora, spec.lora, { quantisation: quantisationNamed });
    spec.lora.modulesToSave.forEach((module, index) => {
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
      const { loss } = objective.value;
      nested.require(loss !== PreferenceLoss.UNSPECIFIED, 'loss', 'is required');
      const needsBeta = loss === PreferenceLoss.DPO || loss === PreferenceLoss.RPO;
      const beta = needsBeta ? BOUNDS.beta : withZero(BOUNDS.beta);
      checkNumbers(nested, objective.value, preferenceShape, { beta });
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
  checkWords(checks, { quantisation }, { quantisation: quantisationNamed });
  checks.require(headOnly || quantisation === Quantisation.UNSPECIFIED, 'quantisation', 'is for head_only');
}

function checkOptimisation(checks: Checks, settings: Optimisation): void {
  checkNumbers(checks, settings, optimisationShape, {
    accumulation: withZero(BOUNDS.accumulation),
    epochs: withZero(BOUNDS.epochs),
  });
  const { accumulation } = RELATIONS;
  const isFew = isRelated(settings.accumulation, settings.batchSize, accumulation);
  checks.require(isFew, 'accumulation', describeRelation(accumulation, fieldOf));
  checks.require(settings.maxSteps > 0 || settings.epochs > 0, 'epochs', 'or max_steps must be over 0');
  checkWords(checks, settings, OPTIMISATION_WORDS);
}
