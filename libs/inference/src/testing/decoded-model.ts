import { linearModules, lmHeadWeight } from '@sipf/models';
import type { MemorySource, WeightQuantisation } from '../weights/model-source.ts';
import { bitsOf, EMBEDDING } from '../weights/rounded-weights.ts';
import { weightBlocks } from '../weights/weight-blocks.ts';
import { decodedBlocks } from './decoded-blocks.ts';

/** A model of floats whose weights are what those of `source` are once they are rounded. */
export function decodedModel(
  { config, tensors }: MemorySource,
  quantisation: Exclude<WeightQuantisation, 'none'>,
): MemorySource {
  const table = [config.vocabSize, config.hiddenSize] as const;
  const tables = [EMBEDDING, ...(config.head === 'lm' ? [lmHeadWeight(config)] : [])];
  const rounded = [
    ...tables.map((name) => ({ name, shape: table, bits: 8 as const })),
    ...[...linearModules(config)].map(([module, shape]) => ({
      ...{ name: `${module}.weight`, shape, bits: bitsOf(module, quantisation, config) },
    })),
  ];
  const decoded = new Map(tensors);
  for (const { name, shape, bits } of rounded) {
    const values = tensors.get(name);
    if (values !== undefined)
      decoded.set(name, decodedBlocks(weightBlocks(values, shape, bits), shape, bits));
  }
  return { config, tensors: decoded };
}
