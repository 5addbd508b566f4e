import type { BatchArrays } from '../step/index.ts';
import type { CollatedBatch } from './collate.ts';

/** Few distinct lengths occur, and rows stay aligned. */
const LENGTH_STEP = 8;

/**
 * A batch of pairs [2 P, T] with a row a pair, [P, T']: the prompt once, the chosen and the rejected completion. Input
 * names are those of steps with `sharedPrompts`; both rows of a pair have the same prompt.
 */
export function sharePrompts(batch: CollatedBatch): CollatedBatch {
  const pairs = batch.rows / 2;
  const rows = Array.from({ length: pairs }, (_, pair) => {
    const [chosen, rejected] = [completionOf(batch, pair), completionOf(batch, pairs + pair)];
    const ids = [
      ...rowIds(batch, pair, chosen),
      ...rowIds(batch, pairs + pair, rejected).slice(rejected.start),
    ];
    return { ids, promptEnd: chosen.start, chosenEnd: chosen.end };
  });
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  const length = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
  const inputIds = new BigInt64Array(pairs * length);
  rows.forEach(({ ids }, row) => {
    inputIds.set(ids, row * length);
  });
  const perPair = (value: (row: (typeof rows)[number]) => number) =>
    BigInt64Array.from(rows, (row) => BigInt(value(row)));
  const arrays = {
    input_ids: inputIds,
    prompt_ends: perPair(({ promptEnd }) => promptEnd),
    chosen_ends: perPair(({ chosenEnd }) => chosenEnd),
    row_ends: perPair(({ ids }) => ids.length),
    ...references(batch.arrays, pairs),
    ...(batch.arrays['pair_weights'] === undefined ? {} : { pair_weights: batch.arrays['pair_weights'] }),
  };
  return { rows: pairs, length, arrays };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a row's completion lies; nowhere, at its start, for a row without one. */
function completionOf({ arrays, length }: CollatedBatch, row: number): Span {
  const mask = (arrays['completion_mask'] as Float32Array).subarray(row * length, (row + 1) * length);
  const start = mask.indexOf(1);
  return start < 0 ? { start: 0, end: 0 } : { start, end: mask.lastIndexOf(1) + 1 };
}

function rowIds({ arrays, length }: CollatedBatch, row: number, { end }: Span): bigint[] {
  return [...(arrays['input_ids'] as BigInt64Array).subarray(row * length, row * length + end)];
}

function references({ reference_logps: both }: BatchArrays, pairs: number): Record<string, Float32Array> {
  if (!(both instanceof Float32Array)) return {};
  return {
    reference_chosen_logps: both.slice(0, pairs),
    reference_rejected_logps: both.slice(pairs),
  };
}
