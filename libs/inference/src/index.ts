export { createCompletion, type Completion, type FinishReason, type StopRules } from './decode/completion.ts';
export type { EngineSample, GeneratedSample, SamplePiece } from './decode/generated-sample.ts';
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
  type GeneratorOptions,
} from './decode/generator.ts';
export type { PlaceLogProbs, RankedToken } from './sampling/ranked-tokens.ts';
export { filteredProbabilities, type Filters } from './sampling/distribution.ts';
export { drawToken } from './sampling/draw.ts';
export { logProbability } from './sampling/log-prob.ts';
export {
  resolveSampling,
  type ResolvedSampling,
  type SamplingSettings,
} from './sampling/sampling-settings.ts';
export {
  createScorer,
  type CompletionScores,
  type Scorer,
  type ScorerHost,
  type StepScoreRequest,
  type StepScores,
} from './scoring/scorer.ts';
export type { ScoreRow } from './scoring/packed-rows.ts';
export { startEngineWorker, type EngineWorker, type WorkerCallOptions } from './session/engine-worker.ts';
export {
  serveWorker,
  type WorkerCall,
  type WorkerHandlers,
  type WorkerService,
} from './session/serve-worker.ts';
export type { SessionOptions } from './session/execution-provider.ts';
export { ExternalTensors } from './session/external-tensors.ts';
export {
  openSession,
  sessionTensor,
  type Session,
  type SessionArrays,
  type SessionTensor,
  type SessionTensors,
} from './session/session.ts';
export {
  createWorkerPool,
  type PoolCallOptions,
  type WorkerEvent,
  type WorkerPool,
  type WorkerPoolOptions,
} from './session/worker-pool.ts';
export type { HostOptions } from './host/model-host.ts';
export { OpenCalls, type OpenCall } from './host/open-calls.ts';
export type { DecoderWeights, ReadWeight } from './weights/decoder-weights.ts';
export { mappedPlaces, openModel, type OpenModel } from './weights/open-model.ts';
export {
  WEIGHT_QUANTISATIONS,
  type FolderSource,
  type MemorySource,
  type ModelFacts,
  type ModelSource,
  type WeightQuantisation,
} from './weights/model-source.ts';
