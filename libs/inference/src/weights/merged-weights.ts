import {
  adapterPromptTemplate,
  loraParameterNames,
  mergeLora,
  openSafetensors,
  PEFT_PREFIX,
  type AdapterFolder,
  type DecoderConfig,
  type TensorSource,
} from '@sipf/models';
import { join } from 'node:path';
import type { ReadWeight } from './decoder-weights.ts';

/** The base's tensors with the adapter merged in: W + (alpha / rank) B A, and whatever it replaces whole. */
export function mergedWeights(base: TensorSource, adapter: AdapterFolder): ReadWeight {
  const { tensors, lora, savedTensors } = adapter;
  const replaced = new Set(savedTensors);
  return (name) => {
    if (replaced.has(name)) return tensors.float32(PEFT_PREFIX + name);
    const weight = base.float32(name);
    const { a, b } = loraParameterNames(name.replace(/\.weight$/, ''));
    if (!tensors.has(a)) return weight;
    return mergeLora({ weight, a: tensors.float32(a), b: tensors.float32(b) }, lora);
  };
}

/**
 * The base's configuration under an adapter: a language model whose adapter brings a score head is a verifier, with as
 * many labels as the head has rows, the features that its tensors speak of and the prompt template that it was trained
 * with.
 * @throws SipfError failed-precondition ADAPTER_CONFIG_INVALID; as openSafetensors
 */
export function configWithAdapter(config: DecoderConfig, adapterFolder: string): DecoderConfig {
  if (config.head !== 'lm') return config;
  const tensors = openSafetensors(join(adapterFolder, 'adapter_model.safetensors'));
  try {
    const score = `${PEFT_PREFIX}score.weight`;
    if (!tensors.has(score)) return config;
    const confident = tensors.has(`${PEFT_PREFIX}score_confidence.weight`);
    const features = confident ? 'hidden+confidence' : 'hidden';
    const numLabels = tensors.shape(score)[0] ?? 0;
    const promptTemplate = adapterPromptTemplate(tensors.metadata);
    const template = promptTemplate === undefined ? {} : { promptTemplate };
    return { ...config, head: { kind: 'token-classification', numLabels, features, ...template } };
  } finally {
    tensors.close();
  }
}
