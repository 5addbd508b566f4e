import { abortError, throwIfAborted } from './call-options.ts';

/**
 * The items of a source, until the signal fires: a source that waits for what will not come any more does not keep its reader.
 * @throws SipfError as abortError
 */
export async function* readUntilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  // Of one read each: a promise that all reads raced would hold every item until the call's end.
  let giveUp: (error: unknown) => void = () => undefined;
  const onAbort = (): void => {
    giveUp(abortError(signal));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  let isOver = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      const next = await new Promise<IteratorResult<T, unknown>>((resolve, reject) => {
        giveUp = reject;
        Promise.resolve(items.next()).then(resolve, reject);
      });
      isOver = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not waited for: what the source waits for may never come.
    if (!isOver) void Promise.resolve(items.return?.()).catch(() => undefined);
  }
}
