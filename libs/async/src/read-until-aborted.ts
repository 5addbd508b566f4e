import { throwIfAborted } from './call-options.ts';
import { orAborted } from './until-aborted.ts';

/**
 * The items of a source, until the signal fires: a source that waits for what will not come any more does not keep its reader.
 * @throws SipfError as abortError
 */
export async function* readUntilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isOver = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      const next = await orAborted(Promise.resolve(items.next()), signal);
      isOver = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    // Not waited for: what the source waits for may never come.
    if (!isOver) void Promise.resolve(items.return?.()).catch(() => undefined);
  }
}
