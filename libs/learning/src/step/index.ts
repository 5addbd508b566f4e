export {
  buildApplyStep,
  buildGradientStep,
  buildTrainingStep,
  type StepGraph,
  type StepSettings,
} from './build-steps.ts';
export { countItems, type BatchArrays } from './objective-inputs.ts';
export { optimiserScalars, type OptimiserSettings } from './optimiser.ts';
export { packState, unpackState, type StateLayout } from './state-layout.ts';
export { STEP_NAMES } from './tensor-spec.ts';
export { frozenWeightMemory, quantiseFrozen, type WeightMemory } from './quantised-parameters.ts';
export { trainableLayout, type PlaceFrozen, type ReadFrozen, type Trainable } from './trainable-layout.ts';
export type { ParameterBinding } from './trainable-parameters.ts';
