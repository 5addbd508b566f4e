import type { DecoderConfig } from '@sipf/models';
import { exampleLengths, type TrainingDataset } from './training-example.ts';

/** Below this mean length the scores that blocks leave out are not worth their nodes. */
const LEAST_TOKENS = 128;
/** From this length on scores outweigh the copies of keys, even with a key a query. */
const MANY_TOKENS = 512;

/**
 * In how many blocks queries attend (see StepSettings.causalBlocks) for the least time: each leaves out masked scores and
 * copies the keys before it, of which there are fewer where queries share them.
 * @param sharedPrompts whether a row holds a pair
 */
export function blocksThatPay(
  dataset: TrainingDataset,
  { numAttentionHeads: H, numKeyValueHeads: K }: DecoderConfig,
  sharedPrompts: boolean,
): 1 | 2 | 4 {
  const lengths = sharedPrompts ? pairLengths(dataset) : exampleLengths(dataset);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  if (mean < LEAST_TOKENS) return 1;
  return K < H || mean >= MANY_TOKENS ? 4 : 2;
}

function pairLengths(dataset: TrainingDataset): number[] {
  if (dataset.kind !== 'preference') return exampleLengths(dataset);
  return dataset.examples.map(
    ({ promptIds, chosenIds, rejectedIds }) => promptIds.length + chosenIds.length + rejectedIds.length,
  );
}
