export { boundedCalls } from './bounded-calls.ts';
export { claimOf } from './claim.ts';
export { encodeText, isSurelyLonger, type TextPlace } from './encode-text.ts';
export { hostOptions, sourceOf } from './host-options.ts';
export { inTurns } from './in-turns.ts';
export type { FoundModel } from './model-finder.ts';
export { runModelService, type ModelService } from './run-model-service.ts';
export { toOrder } from './sampling.ts';
export { generatorKind, type ServedGenerator } from './served-generator.ts';
export {
  createServing,
  type OpenContext,
  type ServedKind,
  type ServedModel,
  type Serving,
} from './serving.ts';
export type { MeasuredCall, ServingMetrics } from './serving-metrics.ts';
export { servingShape, type ServingSettings } from './serving-settings.ts';
