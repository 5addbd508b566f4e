type News<I, R> =
  | { readonly kind: 'arrived'; readonly item: IteratorResult<I, unknown> }
  | { readonly kind: 'finished'; readonly key: number; readonly result: R };

/** How many results that are ready may wait for an earlier one, for each that may be under way. */
const heldPerRunning = 32;

/**
 * Maps a stream with at most `limit` items under way; results come as they finish, also while the next item is awaited, or in the
 * items' order where `isOrdered` says so of the first item. The first failure ends it. When it ends early, by a failure or by a
 * reader that leaves, what is under way is cancelled.
 */
export async function* inFlight<I, R>(
  limit: number,
  items: AsyncIterable<I>,
  map: (item: I, signal: AbortSignal) => Promise<R>,
  isOrdered: (first: I) => boolean = () => false,
): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]();
  const left = new AbortController();
  const running = new Map<number, Promise<News<I, R>>>();
  let arriving: Promise<News<I, R>> | undefined;
  let exhausted = false;
  let nextKey = 0;
  let ordered = false;
  const held = new HeldResults<R>();
  try {
    for (;;) {
      if (!exhausted && running.size < limit && held.size < limit * heldPerRunning)
        arriving ??= quiet(arrival(source));
      const awaited = [...running.values(), ...(arriving === undefined ? [] : [arriving])];
      if (awaited.length === 0) return;
      const news = await Promise.race(awaited);
      if (news.kind === 'finished') {
        running.delete(news.key);
        held.add(ordered ? news.key : undefined, news.result);
        yield* held.release();
      } else {
        arriving = undefined;
        if (news.item.done === true) {
          exhausted = true;
          continue;
        }
        if (nextKey === 0) ordered = isOrdered(news.item.value);
        running.set(nextKey, quiet(completion(nextKey++, map(news.item.value, left.signal))));
      }
    }
  } finally {
    left.abort();
    // Not awaited: a source that waits for its sender would hold the failure back.
    if (!exhausted) source.return?.().catch(ignore);
  }
}

/** Results that wait for earlier ones. */
class HeldResults<R> {
  readonly #byKey = new Map<number, R>();
  #free: R[] = [];
  #nextKey = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** A result without a key waits for none. */
  add(key: number | undefined, result: R): void {
    if (key === undefined) this.#free.push(result);
    else this.#byKey.set(key, result);
  }

  /** Takes out what waits for nothing any more. */
  *release(): Generator<R> {
    yield* this.#free.splice(0);
    for (; this.#byKey.has(this.#nextKey); this.#nextKey += 1) {
      const result = this.#byKey.get(this.#nextKey) as R;
      this.#byKey.delete(this.#nextKey);
      yield result;
    }
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
