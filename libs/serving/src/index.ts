export { boundedCalls } from './bounded-calls.ts';
export { claimOf } from './claim.ts';
export { createGenerators } from './create-generators.ts';
export { hostOptions, sourceOf } from './host-options.ts';
export type { FoundModel } from './model-finder.ts';
export { generatorShape, type GeneratorSettings } from './remote/backend-settings.ts';
export { toRequest } from './sampling.ts';
export { type ServedGenerator } from './served-generator.ts';
export {
  createServing,
  type OpenContext,
  type ServedKind,
  type ServedModel,
  type Serving,
} from './serving.ts';
export type { MeasuredCall, ServingMetrics } from './serving-metrics.ts';
export { servingShape, type ServingSettings } from './serving-settings.ts';
export { readText } from './text-task.ts';
