/** A prompt and the completion that the model learns to write. */
export interface SupervisedExample {
  readonly promptIds: readonly number[];
  /** At least one token; the end token, where the model shall learn it, included. */
  readonly completionIds: readonly number[];
}

/** A prompt with a better and a worse completion. */
export interface PreferenceExample {
  readonly promptIds: readonly number[];
  readonly chosenIds: readonly number[];
  readonly rejectedIds: readonly number[];
  /** Summed log-probabilities under the reference model, in nats; needed by DPO and RPO, see addReferenceLogProbs. */
  readonly reference?: { readonly chosen: number; readonly rejected: number };
  /** How much the pair counts, 1 on average; read by objectives with `pairWeights`. @default 1 */
  readonly weight?: number;
}

/** A path whose steps are labelled. */
export interface RewardExample {
  /** Prompt and steps. */
  readonly ids: readonly number[];
  readonly promptLength: number;
  /** Index in `ids` of the last token of every step, ascending. */
  readonly stepEnds: readonly number[];
  /** One a step, in [0, 1]; null for a step without a label. */
  readonly labels: readonly (number | null)[];
}

/** What a training reads; the kind must be the objective's. */
export type TrainingDataset =
  | { readonly kind: 'supervised'; readonly examples: readonly SupervisedExample[] }
  | { readonly kind: 'preference'; readonly examples: readonly PreferenceExample[] }
  | { readonly kind: 'reward'; readonly examples: readonly RewardExample[] };

/** Tokens of every example's longest row. */
export function exampleLengths(dataset: TrainingDataset): number[] {
  switch (dataset.kind) {
    case 'supervised':
      return dataset.examples.map(({ promptIds, completionIds }) => promptIds.length + completionIds.length);
    case 'preference':
      return dataset.examples.map(
        ({ promptIds, chosenIds, rejectedIds }) =>
          promptIds.length + Math.max(chosenIds.length, rejectedIds.length),
      );
    case 'reward':
      return dataset.examples.map(({ ids }) => ids.length);
  }
}
