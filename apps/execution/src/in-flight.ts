type News<I, R> =
  | { readonly kind: 'arrived'; readonly item: IteratorResult<I, unknown> }
  | { readonly kind: 'finished'; readonly key: number; readonly result: R };

/**
 * Maps a stream with at most `limit` items under way; results come as they finish, also while the next item is awaited.
 * The first failure ends it. When it ends early, by a failure or by a reader that leaves, what is under way is cancelled.
 */
export async function* inFlight<I, R>(
  limit: number,
  items: AsyncIterable<I>,
  map: (item: I, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]();
  const left = new AbortController();
  const running = new Map<number, Promise<News<I, R>>>();
  let arriving: Promise<News<I, R>> | undefined;
  let exhausted = false;
  let nextKey = 0;
  try {
    for (;;) {
      if (!exhausted && running.size < limit) arriving ??= quiet(arrival(source));
      const awaited = [...running.values(), ...(arriving === undefined ? [] : [arriving])];
      if (awaited.length === 0) return;
      const news = await Promise.race(awaited);
      if (news.kind === 'finished') {
        running.delete(news.key);
        yield news.result;
      } else {
        arriving = undefined;
        if (news.item.done === true) exhausted = true;
        else running.set(nextKey, quiet(completion(nextKey++, map(news.item.value, left.signal))));
      }
    }
  } finally {
    left.abort();
    // Not awaited: a source that waits for its sender would hold the failure back.
    if (!exhausted) source.return?.().catch(ignore);
  }
}

async function arrival<I, R>(source: AsyncIterator<I>): Promise<News<I, R>> {
  return { kind: 'arrived', item: await source.next() };
}

async function completion<I, R>(key: number, work: Promise<R>): Promise<News<I, R>> {
  return { kind: 'finished', key, result: await work };
}

/** A failure is thrown where it is awaited; another's may end the stream before that. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

function ignore(): void {
  // Nothing to do.
}
