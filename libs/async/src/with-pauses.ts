import { setImmediate } from 'node:timers/promises';

/** An item, or that the next one is not there yet. */
type Step<Item> = { readonly kind: 'item'; readonly item: Item } | { readonly kind: 'pause' };

/**
 * The items, and a pause wherever the next one takes longer than a turn of the event loop, so that a reader who collects items
 * can do with what it has; no item waits for a pause. Items that are all there make none.
 */
export async function* withPauses<Item>(
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
