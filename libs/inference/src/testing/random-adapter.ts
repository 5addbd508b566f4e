import {
  linearModules,
  loraParameterShapes,
  parameterShapes,
  PEFT_PREFIX,
  saveAdapterFolder,
  saveModelFolder,
  type DecoderConfig,
  type HeadConfig,
  type HostTensor,
  type LoraConfig,
} from '@sipf/models';
import { createRng } from '@sipf/random';
import { join } from 'node:path';
import { randomModel } from './random-model.ts';

/** A random base's folder and digest. */
export interface BaseFolder {
  readonly config: DecoderConfig;
  readonly folder: string;
  readonly digest: string;
}

/** Writes a model of random weights without a tokenizer. */
export async function writeRandomBase(parent: string, config: DecoderConfig): Promise<BaseFolder> {
  const source = randomModel(config, 'base');
  const tensors = new Map(
    [...parameterShapes(config)].map(([name, shape]): [string, HostTensor] => [
      name,
      { dtype: 'float32', shape, data: source.tensors.get(name) ?? new Float32Array() },
    ]),
  );
  const folder = join(parent, 'base');
  return { config, folder, digest: await saveModelFolder(folder, { config, tensors }) };
}

/** What a random adapter is like. */
export interface RandomAdapter extends Partial<LoraConfig> {
  /** The head that it brings; its base has none then. */
  readonly head?: HeadConfig;
}

/** Writes an adapter of the base that changes what it says; its name is its seed. */
export async function writeRandomAdapter(
  parent: string,
  name: string,
  { base, head = 'lm', ...changes }: RandomAdapter & { readonly base: BaseFolder },
): Promise<string> {
  const lora: LoraConfig = { rank: 3, alpha: 5, targetModules: 'all-linear', dropout: 0, ...changes };
  const config: DecoderConfig = { ...base.config, head };
  const shapes = loraParameterShapes(lora, linearModules(config));
  const scores = [...parameterShapes(config)].filter(([tensor]) => tensor.startsWith('score'));
  for (const [tensor, shape] of scores) shapes.set(PEFT_PREFIX + tensor, shape);
  const tensors = new Map(
    [...shapes].map(([tensor, shape]): [string, HostTensor] => {
      const rng = createRng(name).split(tensor);
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [
        tensor,
        { dtype: 'float32', shape, data: Float32Array.from({ length: size }, () => 0.2 * rng.normal()) },
      ];
    }),
  );
  const folder = join(parent, name);
  const modulesToSave = scores.length === 0 ? [] : ['score', 'score_confidence'];
  await saveAdapterFolder(folder, { config, digest: base.digest }, { lora, tensors, modulesToSave });
  return folder;
}
