import type { AppendOnlyFile, JournalEntry } from '@sipf/runs';
import { inChunks, type CallRoom } from './chunks.ts';
import { workInCrew } from './crew.ts';
import { inHalves } from './halve-calls.ts';

export interface ProcessOptions<I, R> extends CallRoom<I> {
  /** Unique among the items and the same in every attempt. */
  readonly key: (item: I) => string;
  /** Results of earlier attempts, and where new ones go. */
  readonly journal: AppendOnlyFile<JournalEntry<R>>;
  /** Calls that may be under way, as things stand. */
  readonly concurrency: () => number;
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
  const chunks = inChunks(open, options).values();
  options.progress(results.size, items.length);
  await workInCrew({
    take: () => chunks.next().value,
    work: async (chunk, callSignal) => {
      const answers = await inHalves(chunk, (some) => options.call(some, callSignal));
      const entries = chunk.map((item, index) => ({ key: key(item), result: answers[index] as R }));
      await journal.append(...entries);
      for (const entry of entries) results.set(entry.key, entry.result);
      options.progress(results.size, items.length);
    },
    ...{ size: options.concurrency, signal },
  });
  return items.map((item) => results.get(key(item)) as R);
}
