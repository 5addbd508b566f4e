import { type DecoderConfig, linearModules } from '@sipf/models';
import type { TrainingDataset } from './training-example.ts';

/**
 * Whether pairs in one row each (see sharePrompts) cost fewer multiplications than in two: the prompt counts once, but
 * the longer row has more scores. False for what has no pairs.
 */
export function sharingPays(dataset: TrainingDataset, config: DecoderConfig): boolean {
  if (dataset.kind !== 'preference') return false;
  const row = rowCost(config);
  const gain = dataset.examples.map(({ promptIds, chosenIds, rejectedIds }) => {
    const [prompt, chosen, rejected] = [promptIds.length, chosenIds.length, rejectedIds.length];
    return 2 * row(prompt + Math.max(chosen, rejected)) - row(prompt + chosen + rejected);
  });
  return gain.reduce((sum, own) => sum + own, 0) > 0;
}

/** Multiplications of a row by its length, without embedding and head: their rows are the scored ones either way. */
function rowCost(config: DecoderConfig): (length: number) => number {
  const { numHiddenLayers: L, numAttentionHeads: H, headDim: Dh } = config;
  const weights = [...linearModules(config).values()].reduce((sum, [out, width]) => sum + out * width, 0);
  return (length) => length * (weights + 2 * L * H * Dh * length);
}
