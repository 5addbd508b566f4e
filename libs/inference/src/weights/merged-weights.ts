import {
  adapterPromptTemplate,
  linearModules,
  loraParameterNames,
  mergeLora,
  moduleLoras,
  openSafetensors,
  PEFT_PREFIX,
  type AdapterFolder,
  type DecoderConfig,
  type LoraTensors,
  type TensorSource,
} from '@sipf/models';
import { join } from 'node:path';
import type { DecoderWeights, ReadWeight } from './decoder-weights.ts';

/**
 * The base's tensors with the adapter merged in: W + scaling B A, a DoRA's rows at their lengths, and whatever it replaces
 * whole.
 */
export function mergedWeights(
  { config, read }: Pick<DecoderWeights, 'config' | 'read'>,
  adapter: AdapterFolder,
): ReadWeight {
  const { tensors, lora, savedTensors } = adapter;
  const replaced = new Set(savedTensors);
  const adapted = moduleLoras(lora, [...linearModules(config).keys()]);
  return (name) => {
    if (replaced.has(name)) return tensors.float32(PEFT_PREFIX + name);
    const weight = read(name);
    const module = name.replace(/\.weight$/, '');
    const own = adapted.get(module);
    return own === undefined ? weight : mergeLora({ weight, ...moduleTensors(tensors, module) }, own);
  };
}

function moduleTensors(tensors: TensorSource, module: string): Omit<LoraTensors, 'weight'> {
  const { a, b, magnitude } = loraParameterNames(module);
  return {
    a: tensors.float32(a),
    b: tensors.float32(b),
    ...(tensors.has(magnitude) && { magnitude: tensors.float32(magnitude) }),
  };
}

/**
 * The base's configuration under an adapter: a language model whose adapter brings a score head is a verifier, with as
 * many labels as the head has rows, the features that its tensors imply and the prompt template that it was trained
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
