export {
  MODEL_TYPES,
  dependsOnLength,
  longestContinuation,
  rotaryWidth,
  VERIFIER_FEATURES,
  type DecoderConfig,
  type HeadConfig,
  type ModelType,
  type RopeConfig,
  type TokenClassificationHead,
  type TokenPairHead,
  type VerifierFeatures,
  type VerifierHead,
} from './config/decoder-config.ts';
export {
  elementCount,
  type HostArrays,
  type HostDType,
  type HostTensor,
  type TensorSource,
} from './storage/host-tensor.ts';
export type { GenerationTokens, ModelFolder } from './storage/model-folder.ts';
export type { ChatTemplate, IncrementalDecoder, Tokenizer } from './tokenizer/tokenizer.ts';
export { parseDecoderConfig } from './config/parse-decoder-config.ts';
export { isOwnHead } from './config/own-heads.ts';
export { toHuggingFaceConfig } from './config/to-hugging-face-config.ts';
export {
  adapterPromptTemplate,
  PEFT_PREFIX,
  type AdapterBase,
  type AdapterFolder,
} from './storage/adapter-folder.ts';
export { digestFolder, isModelFile } from './storage/digest-folder.ts';
export { modelChanged } from './storage/model-changed.ts';
export { toFloat32 } from './storage/float-conversion.ts';
export {
  downloadModel,
  type DownloadedModel,
  type DownloadProgress,
  type ModelDownload,
} from './hub/download-model.ts';
export { readHubName } from './hub/model-source.ts';
export { nameBase, type NamedBase } from './storage/name-base.ts';
export { inspectAdapterFolder, inspectModelFolder } from './storage/inspect-folder.ts';
export { loadAdapterFolder } from './storage/load-adapter-folder.ts';
export { savedParameters } from './storage/saved-modules.ts';
export { loadModelFolder, readGenerationTokens, type LoadModelOptions } from './storage/load-model-folder.ts';
export { readDecoderConfig } from './storage/read-decoder-config.ts';
export { openSafetensors, type SafetensorsFile } from './storage/open-safetensors.ts';
export { openWeights, type Weights } from './storage/open-weights.ts';
export { saveAdapterFolder, type AdapterContent } from './storage/save-adapter-folder.ts';
export { saveModelFolder, type ModelContent } from './storage/save-model-folder.ts';
export { writeSafetensors } from './storage/write-safetensors.ts';
export {
  applyChatTemplate,
  CHAT_DAY,
  onDay,
  type ChatMessage,
  type ChatOptions,
} from './tokenizer/chat-template.ts';
export {
  createVerifierReader,
  detectVerifierFormat,
  VERIFIER_FORMATS,
  type VerifierFormat,
  type VerifierReader,
} from './verifier-formats/verifier-formats.ts';
export { task as readerTask } from './verifier-formats/reader-task.ts';
export { loadTokenizer } from './tokenizer/load-tokenizer.ts';
export {
  DECODED_TOKEN,
  openTokenizer,
  withTokenizer,
  type AsyncTokenizer,
  type TokenizerTask,
} from './tokenizer/async-tokenizer.ts';
export { task as decodeTask } from './tokenizer/decode-task.ts';
export { task as encodeTask } from './tokenizer/encode-task.ts';
export { task as piecesTask } from './tokenizer/pieces-task.ts';
export { createStopFinder, type StopFinder, type StopFinding } from './tokenizer/stop-finder.ts';
export type { LayerChoice, ModulePattern } from './adapters/choose-modules.ts';
export {
  adaptedModules,
  loraParameterNames,
  loraParameterShapes,
  moduleLoras,
  type LoraConfig,
  type ModuleLora,
} from './adapters/lora-config.ts';
export { initialLora, mergeLora, withLora, type LoraBinding, type LoraTensors } from './adapters/lora.ts';
export {
  causalAttentionBias,
  MASKED_SCORE,
  countingPositionIds,
  rightPaddedAttentionBias,
} from './families/attention-bias.ts';
export { attentionOverSegments, scoreScale, softcap } from './families/attention.ts';
export type {
  AttentionRule,
  DecoderInputs,
  DecoderOutputs,
  KeyValue,
  LayerPast,
} from './families/decoder-inputs.ts';
export type { MemorySettings } from './families/memory-settings.ts';
export type { LinearShape } from './families/module-table.ts';
export type { LinearAdapter, ParameterSource } from './families/parameter-source.ts';
export { decoderForward, linearModules, loraTargets, parameterShapes } from './families/registry.ts';
export { runningConfidence, type ConfidenceInputs } from './heads/confidence.ts';
export {
  headParameterShapes,
  initialVerifierHead,
  lmHeadNames,
  verifierHeadNames,
} from './heads/head-parameters.ts';
export { lmHead, lmProjection } from './heads/lm-head.ts';
export {
  CORRECT_LABEL,
  correctLogOdds,
  tokenClassificationHead,
  verifierHead,
} from './heads/token-classification-head.ts';
export {
  verifierHeadLogOdds,
  verifierLogOdds,
  type VerifierInputs,
  type VerifierRows,
} from './heads/verifier.ts';
export {
  atLeastOne,
  followingIds,
  meanNll,
  nextTokenLogProbs,
  predictingMask,
  rowSums,
  tokenMean,
  tokenPredictions,
  type CompletionLogProbs,
  type TokenPredictions,
} from './objectives/completion-log-probs.ts';
export { dpo, rpo, type DpoInputs } from './objectives/dpo.ts';
export type { ObjectiveKind, ObjectiveResult, ObjectiveSettings } from './objectives/objective.ts';
export { logOddsOf, orpo, type OrpoInputs } from './objectives/orpo.ts';
export {
  chosenNll,
  preferencePairs,
  splitRows,
  type PairValues,
  type PreferencePairs,
} from './objectives/preference-pairs.ts';
export { sft } from './objectives/sft.ts';
export { outcomeReward, processReward, UNLABELLED, type StepLabels } from './objectives/step-rewards.ts';
export { rotaryFrequencies, type RotaryFrequencies } from './families/rotary-frequencies.ts';
export {
  DEFAULT_PROMPT_TEMPLATE,
  encodeSteps,
  renderPrompt,
  type EncodedSteps,
} from './tokenizer/encode-steps.ts';
export { initialParameters, parameterStart } from './families/initial-parameters.ts';
export {
  dequantisedWeight,
  quantisedParts,
  quantiseWeight,
  roundTrip,
  type QuantisedKind,
  type QuantisedPart,
  type QuantisedWeight,
} from './quantisation/quantised-weight.ts';
export { QUANTISATIONS, type Quantisation } from './quantisation/quantise-blocks.ts';
export { selectiveLogProbs, type SelectiveInputs } from './objectives/selective-log-probs.ts';
