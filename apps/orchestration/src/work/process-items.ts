import type { AppendOnlyFile, JournalEntry } from '@sipf/runs';
import { inChunks, type CallRoom } from './chunks.ts';
import { inHalves } from './halve-calls.ts';

export interface ProcessOptions<I, R> extends CallRoom<I> {
  /** Unique among the items and the same in every attempt. */
  readonly key: (item: I) => string;
  /** Results of earlier attempts, and where new ones go. */
  readonly journal: AppendOnlyFile<JournalEntry<R>>;
  /** Calls under way at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
  /** Computes the results of some items, in their order. A result must depend on its item alone. */
  readonly call: (items: readonly I[], signal: AbortSignal) => Promise<readonly R[]>;
}

/**
 * Computes a result for every item, a bounded number of calls at a time, and resumes where an earlier attempt stopped.
 * @returns the results in the items' order, whatever the order of the calls
 */
export async function processItems<I, R>(items: readonly I[], options: ProcessOptions<I, R>): Promise<R[]> {
  const { key, journal, signal } = options;
  const results = new Map(journal.recovered.map(({ key: done, result }) => [done, result]));
  const open = items.filter((item) => !results.has(key(item)));
  const stop = new AbortController();
  const callSignal = AbortSignal.any([signal, stop.signal]);
  const chunks = inChunks(open, options).values();
  options.progress(results.size, items.length);

  const worker = async (): Promise<void> => {
    for (const chunk of chunks) {
      callSignal.throwIfAborted();
      const answers = await inHalves(chunk, (some) => options.call(some, callSignal));
      const entries = chunk.map((item, index) => ({ key: key(item), result: answers[index] as R }));
      await journal.append(...entries);
      for (const entry of entries) results.set(entry.key, entry.result);
      options.progress(results.size, items.length);
    }
  };
  const workers = Array.from({ length: options.concurrency }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(workers);
  // The first failure is the cause; what the others say is only that they were stopped.
  if (stop.signal.aborted) throw stop.signal.reason;
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return items.map((item) => results.get(key(item)) as R);
}
