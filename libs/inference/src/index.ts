export { Completion, type FinishReason } from './decode/completion.ts';
export type { GeneratedSample, SamplePiece } from './decode/generated-sample.ts';
export {
  resolveRequests,
  type GenerationRequest,
  type ResolvedRequest,
} from './decode/generation-request.ts';
export {
  createGenerator,
  type EngineGenerator,
  type GenerateOptions,
  type Generator,
  type GeneratorHost,
} from './decode/generator.ts';
export type { TokenLogProbs, RankedToken } from './sampling/ranked-tokens.ts';
export {
  createScorer,
  type Scorer,
  type ScorerHost,
  type StepScoreRequest,
  type StepScores,
} from './scoring/scorer.ts';
export { startEngineWorker } from './session/engine-worker.ts';
export { serveWorker } from './session/serve-worker.ts';
export { ExternalTensors } from './session/external-tensors.ts';
export {
  openSession,
  sessionTensor,
  type Session,
  type SessionTensor,
  type SessionTensors,
} from './session/session.ts';
export { cudaFolder, installCuda } from './cuda/install-cuda.ts';
export { linkProvider } from './cuda/link-provider.ts';
export { plainnessOf } from './session/execution-provider.ts';
export { describePlacement, type Placement } from './session/placement.ts';
export { freeMemoryOf } from './session/device-memory.ts';
export { requireDevice } from './session/require-device.ts';
export type { HostOptions } from './host/model-host.ts';
export { OpenCalls, type OpenCall } from './host/open-calls.ts';
export type { DecoderWeights, ReadWeight } from './weights/decoder-weights.ts';
export { memoryFigures } from './weights/memory-figures.ts';
export { planAdapter } from './weights/adapter-memory.ts';
export { planMemory, type MemoryPart, type MemoryPlan } from './weights/memory-plan.ts';
export { mergeFolder } from './weights/merge-folder.ts';
export { locateMapped, openModel } from './weights/open-model.ts';
export {
  WEIGHT_QUANTISATIONS,
  type FolderSource,
  type MemorySource,
  type ModelSource,
  type ModelFacts,
  type WeightQuantisation,
} from './weights/model-source.ts';
