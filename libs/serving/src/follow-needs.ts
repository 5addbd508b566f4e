import type { events } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createApplyOnce, decodeIterationEvent, type EventBus, type Subscription } from '@sipf/events';
import { parseTraceparent, traced, withRequestContext, type Logger } from '@sipf/service';
import type { FoundModel, ModelFinder } from './model-finder.ts';
import type { ModelPool } from './model-pool.ts';
import type { ServingMetrics } from './serving-metrics.ts';

const FORGET_AFTER_MS = 3_600_000;

/**
 * Follows the iteration events of every run: preloads the model that the run will ask this service for next, and frees
 * what it does not name. An event is only a hint; a model that was not preloaded is loaded when it is asked for, and
 * one that is in use is never closed.
 */
export async function followNeeds<M>(options: {
  readonly service: 'generation' | 'simulation' | 'verification';
  readonly bus: EventBus;
  readonly finder: ModelFinder;
  readonly pool: ModelPool<FoundModel, M>;
  readonly logger: Logger;
  readonly metrics: Pick<ServingMetrics, 'setPendingEvents'>;
  /** Unique among the replicas: each of them prepares itself. */
  readonly subscriber: string;
}): Promise<Subscription> {
  const { service, bus, finder, pool, logger, metrics, subscriber } = options;
  const once = createApplyOnce();
  return await bus.subscribe({
    durable: subscriber,
    subjects: ['sipf.*.iteration.>'],
    from: 'new',
    // A replica that is started again has another name.
    forgetAfterMs: FORGET_AFTER_MS,
    handler: async (received) => {
      const { id } = received;
      metrics.setPendingEvents(received.pending);
      await once(id, async () => {
        const { needs, runId, iteration } = decodeIterationEvent(received);
        const need = needs.find((candidate) => candidate.service === service);
        if (need === undefined) return;
        try {
          const model = await withRequestContext(
            { runId, iteration, ...parseTraceparent(received.trace) },
            () => traced({ name: 'prepare model', kind: 'consumer' }, () => prepare(need, { finder, pool })),
          );
          logger.info({ event: id, model }, 'prepared for what the run needs next');
        } catch (error) {
          // A call for the model gets the reason; other events must not wait for it.
          if (!(error instanceof SipfError)) throw error;
          logger.warn({ event: id, reason: error.reason }, `cannot prepare: ${error.message}`);
        }
      });
    },
  });
}

/** Frees what is not needed, then loads what is. @returns the model's name */
async function prepare<M>(
  { model }: events.Need,
  { finder, pool }: { readonly finder: ModelFinder; readonly pool: ModelPool<FoundModel, M> },
): Promise<string> {
  if (model === undefined || model.digest === '') {
    await pool.free(new Set());
    return 'none';
  }
  const wanted = await finder.find(model);
  await pool.free(new Set([wanted.key]));
  await pool.preload(wanted);
  return wanted.key;
}
