export {
  dependsOnLength,
  longestContinuation,
  rotaryWidth,
  VERIFIER_FEATURES,
  type DecoderConfig,
  type HeadConfig,
  type ModelType,
  type TokenClassificationHead,
  type VerifierFeatures,
} from './config/decoder-config.ts';
export {
  elementCount,
  type HostTensor,
  type TensorSource,
  type WritableTensor,
} from './storage/host-tensor.ts';
export type { GenerationTokens, ModelFolder } from './storage/model-folder.ts';
export type { IncrementalDecoder, Tokenizer } from './tokenizer/tokenizer.ts';
export { parseDecoderConfig } from './config/parse-decoder-config.ts';
export { toHuggingFaceConfig } from './config/to-hugging-face-config.ts';
export { adapterPromptTemplate, PEFT_PREFIX, type AdapterFolder } from './storage/adapter-folder.ts';
export { digestFolder, isModelFile } from './storage/digest-folder.ts';
export { modelChanged } from './storage/model-changed.ts';
export { downloadFile } from './hub/download-file.ts';
export { downloadModel, type DownloadProgress } from './hub/download-model.ts';
export { hubError } from './hub/hub-error.ts';
export { openRange } from './hub/open-range.ts';
export { readHubName } from './hub/model-source.ts';
export { nameBase } from './storage/name-base.ts';
export { inspectAdapterFolder, inspectModelFolder } from './storage/inspect-folder.ts';
export { loadAdapterFolder } from './storage/load-adapter-folder.ts';
export { describeUnused, unusedTensorsIn } from './storage/unused-tensors.ts';
export { savedParameters } from './storage/saved-modules.ts';
export { loadModelFolder, readGenerationTokens } from './storage/load-model-folder.ts';
export { readDecoderConfig } from './storage/read-decoder-config.ts';
export { openTensors } from './storage/open-tensors.ts';
export { openSafetensors, type SafetensorsFile } from './storage/open-safetensors.ts';
export { saveAdapterFolder } from './storage/save-adapter-folder.ts';
export { saveModelFolder } from './storage/save-model-folder.ts';
export { writeSafetensors } from './storage/write-safetensors.ts';
export { applyChatTemplate, onDay, type ChatMessage } from './tokenizer/chat-template.ts';
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
} from './tokenizer/async-tokenizer.ts';
export type { TokenizerTask } from './tokenizer/tokenizer-task.ts';
export { task as decodeTask } from './tokenizer/decode-task.ts';
export { task as encodeTask } from './tokenizer/encode-task.ts';
export { task as piecesTask } from './tokenizer/pieces-task.ts';
export { createStopFinder, type StopFinder } from './tokenizer/stop-finder.ts';
export {
  adaptedModules,
  loraParameterNames,
  loraParameterShapes,
  moduleLoras,
  type LoraConfig,
  type ModuleLora,
} from './adapters/lora-config.ts';
export { initialLora, mergeLora, withLora, withRowLengths, type LoraTensors } from './adapters/lora.ts';
export { MASKED_SCORE, countingPositionIds, rightPaddedAttentionBias } from './families/attention-bias.ts';
export { attentionOverSegments, scoreScale, softcap } from './families/attention.ts';
export type { AttentionRule, DecoderInputs, KeyValue } from './families/decoder-inputs.ts';
export type { MemorySettings } from './families/memory-settings.ts';
export type { ParameterSource } from './families/parameter-source.ts';
export { decoderForward, linearModules, parameterShapes } from './families/registry.ts';
export { initialVerifierHead, lmHeadNames, verifierHeadNames } from './heads/head-parameters.ts';
export { lmHead, lmHeadWeight, lmProjection } from './heads/lm-head.ts';
export { tokenClassificationHead, verifierHead } from './heads/token-classification-head.ts';
export { verifierHeadLogOdds, verifierLogOdds } from './heads/verifier.ts';
export {
  followingIds,
  nextTokenLogProbs,
  predictingMask,
  rowSums,
  tokenPredictions,
  type CompletionLogProbs,
} from './objectives/completion-log-probs.ts';
export { dpo, rpo } from './objectives/dpo.ts';
export type { ObjectiveKind, ObjectiveResult, ObjectiveSettings } from './objectives/objective.ts';
export { logOddsOf, orpo } from './objectives/orpo.ts';
export { chosenNll, preferencePairs } from './objectives/preference-pairs.ts';
export { sft } from './objectives/sft.ts';
export { outcomeReward, processReward, UNLABELLED } from './objectives/step-rewards.ts';
export { rotaryFrequencies } from './families/rotary-frequencies.ts';
export { encodeSteps, renderPrompt, type EncodedSteps } from './tokenizer/encode-steps.ts';
export { initialParameters, parameterStart } from './families/initial-parameters.ts';
export {
  dequantisedWeight,
  quantisedParts,
  quantiseWeight,
  roundTrip,
  type QuantisedKind,
  type QuantisedWeight,
} from './quantisation/quantised-weight.ts';
export { QUANTISATIONS, type Quantisation } from './quantisation/quantise-blocks.ts';
export { selectiveLogProbs } from './objectives/selective-log-probs.ts';
