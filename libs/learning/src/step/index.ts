export {
  buildApplyStep,
  buildGradientStep,
  buildLossStep,
  buildTrainingStep,
  type StepGraph,
  type StepSettings,
} from './build-steps.ts';
export { countItems, objectiveInputs, type BatchArrays, type ObjectiveInputs } from './objective-inputs.ts';
export { optimiserScalars, type OptimiserSettings } from './optimiser.ts';
export { layOutState, packState, unpackState, type StateLayout, type StateSlot } from './state-layout.ts';
export { STEP_NAMES, type StateUpdate, type TensorSpec } from './tensor-spec.ts';
export { frozenWeightMemory, quantiseFrozen, type WeightMemory } from './quantised-parameters.ts';
export {
  frozenParameters,
  trainableLayout,
  type PlaceFrozen,
  type ReadFrozen,
  type Trainable,
} from './trainable-layout.ts';
export { isDecayedMatrix, type Decay } from './weight-decay.ts';
export type { ParameterBinding } from './trainable-parameters.ts';
