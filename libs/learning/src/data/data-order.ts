import { createRng } from '@sipf/random';

/** How examples are put into batches. */
export interface DataOrderSettings {
  /** Examples of the dataset. */
  readonly count: number;
  /** Examples of one update; the last batch of an epoch may have fewer. */
  readonly batchSize: number;
  readonly seed: string;
  /** Tokens of every example: batches then hold examples of like length, in a seeded order of batches. */
  readonly lengths?: readonly number[];
}

/** Which examples belong to which update; a pure function of the settings, so a resumed training reads the same. */
export interface DataOrder {
  readonly batchesPerEpoch: number;
  /** @param step 0 for the first update */
  batch(step: number): readonly number[];
}

/** Batches whose examples are sorted by length together. */
const GROUPED_BATCHES = 32;

/** A new permutation every epoch. */
export function createDataOrder(settings: DataOrderSettings): DataOrder {
  const batchesPerEpoch = Math.ceil(settings.count / settings.batchSize);
  let current = { epoch: -1, batches: [] as (readonly number[])[] };
  return {
    batchesPerEpoch,
    batch(step) {
      const epoch = Math.floor(step / batchesPerEpoch);
      if (current.epoch !== epoch) current = { epoch, batches: epochBatches(settings, epoch) };
      return current.batches[step % batchesPerEpoch] as readonly number[];
    },
  };
}

function epochBatches(
  { count, batchSize, seed, lengths }: DataOrderSettings,
  epoch: number,
): (readonly number[])[] {
  const rng = createRng(seed).split(`epoch/${epoch}`);
  const order = rng.shuffle(Array.from({ length: count }, (_, index) => index));
  if (lengths === undefined) return chunks(order, batchSize);
  const grouped = chunks(order, batchSize * GROUPED_BATCHES).flatMap((group) =>
    chunks(
      group.sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b),
      batchSize,
    ),
  );
  return rng.split('batches').shuffle(grouped);
}

/** Consecutive parts of `size`; the last may be shorter. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
