import { setImmediate } from 'node:timers/promises';

/** How items are put together. */
export interface BatchRule<Item> {
  /** Items of equal buckets go together. */
  bucketOf(item: Item): number;
  /** Items of a full batch. */
  sizeOf(bucket: number): number;
}

/** Items of one bucket, in order of arrival. */
export interface Batch<Item> {
  readonly bucket: number;
  readonly items: readonly Item[];
}

/**
 * Collects items into batches of their bucket. A batch is given as soon as it is full; one that is not, when the items
 * end or their source makes a pause, so that a reader who waits for an answer before it asks again is served.
 */
export async function* collectBatches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  rule: BatchRule<Item>,
): AsyncGenerator<Batch<Item>, void, undefined> {
  const partial = new Map<number, Item[]>();
  for await (const step of withPauses(items)) {
    if (step.kind === 'pause') {
      yield* flush(partial);
      continue;
    }
    const bucket = rule.bucketOf(step.item);
    const batch = partial.get(bucket) ?? [];
    batch.push(step.item);
    partial.set(bucket, batch);
    if (batch.length < rule.sizeOf(bucket)) continue;
    partial.delete(bucket);
    yield { bucket, items: batch };
  }
  yield* flush(partial);
}

function* flush<Item>(partial: Map<number, Item[]>): Generator<Batch<Item>, void, undefined> {
  for (const [bucket, items] of partial) yield { bucket, items };
  partial.clear();
}

type Step<Item> = { readonly kind: 'item'; readonly item: Item } | { readonly kind: 'pause' };

async function* withPauses<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): AsyncGenerator<Step<Item>, void, undefined> {
  if (!(Symbol.asyncIterator in items)) {
    for (const item of items) yield { kind: 'item', item };
    return;
  }
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      const ready = await Promise.race([next.then(() => true), setImmediate(false)]);
      if (!ready) yield { kind: 'pause' };
      const result = await next;
      if (result.done === true) return;
      yield { kind: 'item', item: result.value };
    }
  } finally {
    await iterator.return?.();
  }
}
