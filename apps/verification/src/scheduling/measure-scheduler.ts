import type { ServingMetrics } from '@sipf/serving';
import type { RowScheduler } from './row-scheduler.ts';

/** A scheduler as callers see it. */
export type MeasuredScheduler = Pick<RowScheduler, 'score' | 'close'>;

/** The same scheduler with metrics of its work: rows wanted, tokens scored. */
export function measureScheduler(scheduler: RowScheduler, metrics: ServingMetrics): MeasuredScheduler {
  return {
    score: async (rows, claim) => {
      const call = metrics.openCall();
      call.accept(rows.length);
      try {
        const scored = await scheduler.score(rows, claim);
        metrics.countTokens(rows.reduce((sum, { ids }) => sum + ids.length, 0));
        return scored;
      } finally {
        call.end();
      }
    },
    close: () => scheduler.close(),
  };
}
