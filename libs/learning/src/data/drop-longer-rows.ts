import { exampleLengths, type TrainingDataset } from './training-example.ts';

/** A dataset without the examples that do not fit, and how many those were. */
export interface FittingDataset {
  readonly dataset: TrainingDataset;
  readonly dropped: number;
}

/** Leaves out every example with a row of more than `maxTokens` tokens: whole, because a cut one would teach to stop. */
export function dropLongerRows(dataset: TrainingDataset, maxTokens: number): FittingDataset {
  const lengths = exampleLengths(dataset);
  const fits = (_: unknown, index: number): boolean => (lengths[index] ?? 0) <= maxTokens;
  const kept = filtered(dataset, fits);
  return { dataset: kept, dropped: dataset.examples.length - kept.examples.length };
}

function filtered(dataset: TrainingDataset, fits: (_: unknown, index: number) => boolean): TrainingDataset {
  switch (dataset.kind) {
    case 'supervised':
      return { kind: dataset.kind, examples: dataset.examples.filter(fits) };
    case 'preference':
      return { kind: dataset.kind, examples: dataset.examples.filter(fits) };
    case 'reward':
      return { kind: dataset.kind, examples: dataset.examples.filter(fits) };
  }
}
