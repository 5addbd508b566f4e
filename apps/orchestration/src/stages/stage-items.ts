import { BOUNDS, REQUEST_ROOM } from '@sipf/contracts';
import { partOfStage } from '@sipf/runs';
import { processItems } from '../work/process-items.ts';
import type { StageContext } from './stage-context.ts';

/** How the items of a stage are computed. */
export interface StageItems<I, R> {
  /** Unique among the items and the same in every attempt. */
  readonly key: (item: I) => string;
  /** Bytes that an item takes in a call. */
  readonly bytesOf: (item: I) => number;
  /** Computes the results of some items, in their order. A result must depend on its item alone. */
  readonly call: (
    items: readonly I[],
    bounds: { signal: AbortSignal; timeoutMs: number },
  ) => Promise<readonly R[]>;
}

/** Computes a stage's items over its journal, within the run's limits. @returns the results in the items' order */
export async function processStageItems<I, R>(
  context: Pick<StageContext, 'stage' | 'services' | 'limits' | 'openJournal' | 'signal' | 'progress'>,
  items: readonly I[],
  { key, bytesOf, call }: StageItems<I, R>,
): Promise<R[]> {
  const { itemsPerCall, concurrentCalls, callTimeoutMs: timeoutMs } = context.limits;
  const journal = await context.openJournal<R>();
  try {
    return await processItems(items, {
      key,
      journal,
      ...{ itemsPerCall, bytesPerCall: REQUEST_ROOM.whole, bytesOf },
      concurrency: () => Math.min(concurrentCalls * replicasOf(context), BOUNDS.concurrency.max),
      signal: context.signal,
      progress: (done, total) => {
        context.progress(done, total);
      },
      call: (chunk, signal) => call(chunk, { signal, timeoutMs }),
    });
  } finally {
    await journal.close();
  }
}

/** How many stand behind the service that the stage asks, by now. */
function replicasOf({ stage, services }: Pick<StageContext, 'stage' | 'services'>): number {
  const part = partOfStage(stage);
  return (part && services.replicasOf?.(part)) ?? 1;
}
