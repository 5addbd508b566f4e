export * as common from './generated/sipf/common/v1/common.ts';
export * as events from './generated/sipf/events/v1/events.ts';
export * as execution from './generated/sipf/execution/v1/execution.ts';
export * as generation from './generated/sipf/generation/v1/generation.ts';
export * as annotation from './generated/sipf/orchestration/v1/annotation.ts';
export * as browse from './generated/sipf/orchestration/v1/browse.ts';
export * as orchestration from './generated/sipf/orchestration/v1/orchestration.ts';
export * as simulation from './generated/sipf/simulation/v1/simulation.ts';
export * as training from './generated/sipf/training/v1/training.ts';
export * as verification from './generated/sipf/verification/v1/verification.ts';
export { BOUNDS, isWithin, rangeOf, shortly, within, type Bound } from './bounds.ts';
export {
  deviceRefusal,
  deviceTable,
  kindOf,
  type DeviceName,
  type DeviceWork,
  type PrecisionName,
} from './devices.ts';
export { RELATIONS, type Relation } from './relations.ts';
export { descriptorSetUrl } from './descriptor-set.ts';
export { ITERATION_STAGES, iterationSubject, parseIterationSubject, stageOfEvent } from './subjects.ts';
export { MAX_CURVE_POINTS, MAX_PAGE } from './validation/browse.ts';
export { nameOf, quantisationNamed, verifierHeadNamed } from './training-names.ts';
export { executeBounds, MAX_EXECUTE_BYTES } from './validation/execution.ts';
export { violationsOf } from './validation/requests.ts';
export { MAX_BATCH, MAX_NEW_TOKENS, MAX_SAMPLES } from './validation/shared.ts';
export { MAX_ID, MAX_MESSAGES, MAX_STEPS, MAX_TEXT, MAX_TOP_LOG_PROBS, stopStringBounds } from './lengths.ts';
export { violationsOfScoreRow } from './validation/verification.ts';
export { MAX_PROBLEM_ID, REQUEST_ROOM } from './request-room.ts';
export {
  ENGINE_TAKES,
  ownEngine,
  NO_SERVICE,
  SERVICE_OF_PART,
  VLLM_LORA_RANKS,
  type EngineKind,
  type EnginePart,
  isTestedVersion,
  testedReleases,
} from './engines.ts';
export { ownTrainerViolations } from './run-config/engine-checks.ts';
export { urlsOf, type EnginesConfig, type OwnEngineConfig } from './run-config/engines.ts';
export { errorReason } from './error-reason.ts';
export { leftNoRoom } from './left-no-room.ts';
export { outcomeLogOdds, stepLogOdds } from './step-log-odds.ts';
export { LOG_FORMAT } from './run-log-format.ts';
export { NEEDED_SECTIONS } from './run-config/needed-sections.ts';
export { parseRunConfig, parseRunConfigJson } from './run-config/parse.ts';
export { runSettingsJson } from './run-config/settings-json.ts';
export type { OutOfDomain } from './run-config/evaluation.ts';
export { chatDay, runConfig, seed, type RunConfig } from './run-config/run-config.ts';
export { namingSettings } from './settings/naming-settings.ts';
export { adapterShape } from './settings/adapter.ts';
export { deviceShape } from './settings/device.ts';
export { bounded, boundOf, related } from './settings/fields.ts';
export type { InitialModelConfig } from './settings/initial-model.ts';
export { fromOptimisation, toLora, toOptimisation } from './settings/messages.ts';
export { preferenceShape, rewardShape } from './settings/objective.ts';
export { memoryOf, optimisationShape, type OptimisationConfig } from './settings/optimisation.ts';
export { settingViolations } from './settings/violations.ts';
export { rolloutShape, samplingShape, type SamplingConfig } from './settings/sampling.ts';
