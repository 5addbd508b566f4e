import { withPauses } from '@sipf/async';
import { ownLength, packedTokens, promptKey, type PackedRow } from './packed-rows.ts';

/** Tokens of one micro-batch, a shared prompt counted once, and the most rows in it. */
const BATCH_TOKENS = 1024;
const MOST_ROWS = 16;
/** Rows that are looked at together before they are put into batches. */
const WINDOW = 128;

/** Anything that stands for a row. */
export interface RowItem {
  readonly row: PackedRow;
}

/**
 * Collects rows into batches. Rows are awaited until there is a window of them, they end, or their source makes a pause, so
 * that a reader who waits for an answer before it asks again is served.
 */
export async function* collectBatches<Item extends RowItem>(
  items: Iterable<Item> | AsyncIterable<Item>,
): AsyncGenerator<readonly Item[], void, undefined> {
  let window: Item[] = [];
  for await (const step of withPauses(items)) {
    if (step.kind === 'item') window.push(step.item);
    if (step.kind === 'item' && window.length < WINDOW) continue;
    yield* planBatches(window);
    window = [];
  }
  yield* planBatches(window);
}

/** Puts rows of one prompt, and of about one length, together. */
export function planBatches<Item extends RowItem>(items: readonly Item[]): Item[][] {
  const groups = [...Map.groupBy(items, ({ row }) => promptKey(row)).values()].map((group) =>
    group.sort((a, b) => ownLength(a.row) - ownLength(b.row)),
  );
  const longest = (group: readonly Item[]): number => ownLength((group.at(-1) as Item).row);
  const batches: Item[][] = [];
  let batch: Item[] = [];
  for (const item of groups.sort((a, b) => longest(a) - longest(b)).flat()) {
    if (batch.length > 0 && !fits([...batch, item])) {
      batches.push(batch);
      batch = [];
    }
    batch.push(item);
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}

function fits(items: readonly RowItem[]): boolean {
  return items.length <= MOST_ROWS && packedTokens(items.map(({ row }) => row)) <= BATCH_TOKENS;
}
