import {
  digestFolder,
  linearModules,
  loraParameterShapes,
  readDecoderConfig,
  saveAdapterFolder,
  type HostTensor,
  type LoraConfig,
} from '@sipf/models';
import { createRng } from '@sipf/random';
import { join } from 'node:path';

/** Of the benches' adapters. */
export const ADAPTER: LoraConfig = { rank: 16, alpha: 32, targetModules: 'all-linear', dropout: 0 };

/**
 * Writes an adapter of random values.
 * @param base its base's folder
 * @param at another number is another adapter
 * @returns its folder
 */
export async function writeAdapter(under: string, base: string, at: number): Promise<string> {
  const config = readDecoderConfig(base);
  const rng = createRng(`adapter/${at}`);
  const tensors = new Map(
    [...loraParameterShapes(ADAPTER, linearModules(config))].map(([name, shape]): [string, HostTensor] => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [
        name,
        { dtype: 'float32', shape, data: Float32Array.from({ length: size }, () => 0.02 * rng.normal()) },
      ];
    }),
  );
  const folder = join(under, `adapter-${at}`);
  await saveAdapterFolder(folder, { config, digest: await digestFolder(base) }, { lora: ADAPTER, tensors });
  return folder;
}
