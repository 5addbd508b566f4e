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
  type ModuleLora,
  type TensorSource,
} from '@sipf/models';
import { join } from 'node:path';
import type { DecoderWeights, ReadWeight } from './decoder-weights.ts';

/** What an adapter makes of one of its base's tensors. */
export type AdapterPart =
  | { readonly kind: 'replaced'; readonly name: string }
  | {
      readonly kind: 'low-rank';
      readonly lora: ModuleLora;
      readonly read: () => Omit<LoraTensors, 'weight'>;
    };

/** An adapter's part in a tensor of its base, by the tensor's name; undefined where it leaves it alone. */
export function adapterParts(
  config: DecoderConfig,
  { tensors, lora, savedTensors }: AdapterFolder,
): (name: string) => AdapterPart | undefined {
  const replaced = new Set(savedTensors);
  const adapted = moduleLoras(lora, [...linearModules(config).keys()]);
  return (name) => {
    if (replaced.has(name)) return { kind: 'replaced', name: PEFT_PREFIX + name };
    const module = name.replace(/\.weight$/, '');
    const own = adapted.get(module);
    return own && { kind: 'low-rank', lora: own, read: () => moduleTensors(tensors, module) };
  };
}

/**
 * The base's tensors with the adapter merged in: W + scaling B A, a DoRA's rows at their lengths, and whatever it replaces
 * whole.
 */
export function mergedWeights(
  { config, read }: Pick<DecoderWeights, 'config' | 'read'>,
  adapter: AdapterFolder,
): ReadWeight {
  const partOf = adapterParts(config, adapter);
  return (name) => {
    const part = partOf(name);
    if (part?.kind === 'replaced') return adapter.tensors.float32(part.name);
    const weight = read(name);
    return part === undefined ? weight : mergeLora({ weight, ...part.read() }, part.lora);
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
