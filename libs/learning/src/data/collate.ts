import { UNLABELLED } from '@sipf/models';
import type { BatchArrays } from '../step/index.ts';
import type {
  PreferenceExample,
  RewardExample,
  SupervisedExample,
  TrainingDataset,
} from './training-example.ts';

/** Rows of token ids, right-padded with id 0, and whatever the objectives read beside them. */
export interface CollatedBatch {
  /** B; 2 P for pairs, the chosen rows first. */
  readonly rows: number;
  /** T, a multiple of 8. */
  readonly length: number;
  /** By input name of the step graphs, [B, T] or [B]. */
  readonly arrays: BatchArrays;
}

/** Few distinct lengths occur, and rows stay aligned. */
const LENGTH_STEP = 8;

/** Puts the examples of these indices into one batch. */
export function collate(dataset: TrainingDataset, indices: readonly number[]): CollatedBatch {
  switch (dataset.kind) {
    case 'supervised':
      return collateSupervised(indices.map((index) => dataset.examples[index] as SupervisedExample));
    case 'preference':
      return collatePreferences(indices.map((index) => dataset.examples[index] as PreferenceExample));
    case 'reward':
      return collateRewards(indices.map((index) => dataset.examples[index] as RewardExample));
  }
}

function collateSupervised(examples: readonly SupervisedExample[]): CollatedBatch {
  return padRows(
    examples.map(({ promptIds, completionIds }) => ({
      ids: [...promptIds, ...completionIds],
      promptLength: promptIds.length,
    })),
  );
}

function collatePreferences(examples: readonly PreferenceExample[]): CollatedBatch {
  const rowsOf = (side: 'chosenIds' | 'rejectedIds') =>
    examples.map((example) => ({
      ids: [...example.promptIds, ...example[side]],
      promptLength: example.promptIds.length,
    }));
  const batch = padRows([...rowsOf('chosenIds'), ...rowsOf('rejectedIds')]);
  const reference = Float32Array.of(
    ...examples.map((example) => example.reference?.chosen ?? 0),
    ...examples.map((example) => example.reference?.rejected ?? 0),
  );
  const weights = Float32Array.from(examples, ({ weight = 1 }) => weight);
  return { ...batch, arrays: { ...batch.arrays, reference_logps: reference, pair_weights: weights } };
}

function collateRewards(examples: readonly RewardExample[]): CollatedBatch {
  const batch = padRows(examples);
  const labels = new Float32Array(batch.rows * batch.length).fill(UNLABELLED);
  examples.forEach(({ stepEnds, labels: own }, row) => {
    stepEnds.forEach((end, step) => (labels[row * batch.length + end] = own[step] ?? UNLABELLED));
  });
  return { ...batch, arrays: { ...batch.arrays, step_labels: labels } };
}

interface Row {
  readonly ids: readonly number[];
  readonly promptLength: number;
}

function padRows(rows: readonly Row[]): CollatedBatch {
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  const length = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
  const inputIds = new BigInt64Array(rows.length * length);
  const completion = new Float32Array(rows.length * length);
  const attention = new Float32Array(rows.length * length);
  rows.forEach(({ ids, promptLength }, row) => {
    const start = row * length;
    ids.forEach((id, at) => (inputIds[start + at] = BigInt(id)));
    completion.fill(1, start + promptLength, start + ids.length);
    attention.fill(1, start, start + ids.length);
  });
  const arrays = { input_ids: inputIds, completion_mask: completion, attention_mask: attention };
  return { rows: rows.length, length, arrays };
}
