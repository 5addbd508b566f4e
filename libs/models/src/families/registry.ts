import type { DecoderConfig, ModelType } from '../config/decoder-config.ts';
import { headParameterShapes } from '../heads/head-parameters.ts';
import type { DecoderFamily } from './decoder-family.ts';
import type { DecoderInputs, DecoderOutputs } from './decoder-inputs.ts';
import { forward } from './decoder.ts';
import { gemma } from './gemma.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import type { LinearShape } from './module-table.ts';
import type { ParameterSource } from './parameter-source.ts';
import { phi } from './phi.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';
import { tableLinears, tableShapes } from './table-shapes.ts';

/** The arithmetic of every family that can be loaded. */
const FAMILIES: Readonly<Record<ModelType, DecoderFamily>> = {
  llama,
  gemma,
  phi,
  mistral,
  qwen2,
  qwen3,
  gemma2,
  gemma3_text: gemma3,
  phi3,
  smollm3,
};

/** The decoder's hidden states and its new keys and values, whatever the family. */
export function decoderForward(
  config: DecoderConfig,
  parameters: ParameterSource,
  inputs: DecoderInputs,
): DecoderOutputs {
  return forward(FAMILIES[config.modelType], config, { parameters, inputs });
}

/** Shapes of every tensor of the model, its head's included, by Hugging Face name. */
export function parameterShapes(config: DecoderConfig): Map<string, readonly number[]> {
  return new Map([...tableShapes(FAMILIES[config.modelType], config), ...headParameterShapes(config)]);
}

/** Linear modules that an adapter may attach to, with the [out, in] of each; heads are not among them. */
export function linearModules(config: DecoderConfig): Map<string, LinearShape> {
  return tableLinears(FAMILIES[config.modelType], config);
}

/** Names of an adapter's target modules as PEFT's `target_modules` takes them, e.g. `q_proj`. */
export function loraTargets({ modelType, ...config }: DecoderConfig): string[] {
  const modules = tableLinears(FAMILIES[modelType], { modelType, ...config, numHiddenLayers: 1 });
  return [...modules.keys()].map((module) => module.slice(module.lastIndexOf('.') + 1));
}

/** What the gain of every norm is where a model starts: the one that leaves the norm's input as it is. */
export function neutralGain({ modelType }: DecoderConfig): number {
  return FAMILIES[modelType].norm === 'rms-offset' ? 0 : 1;
}
