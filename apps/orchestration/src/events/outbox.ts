import { untilAborted } from '@sipf/async';
import type { events } from '@sipf/contracts';
import { encodeIterationEvent, type EventBus } from '@sipf/events';
import { foldRun } from '@sipf/runs';
import { currentTraceparent, traced, withRequestContext, type Logger } from '@sipf/service';
import { delay } from 'abort-controller-x';
import type { ActiveRun } from '../run/active-run.ts';
import type { RunMetrics } from '../run/run-metrics.ts';
import { eventsOf } from './iteration-events.ts';
import { logFields } from './log-fields.ts';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;

/** Publishes what the log says, in order, after it was logged. */
export interface Outbox {
  /** Publishes what is left, for at most so long. @returns whether everything is out */
  close(waitMs: number): Promise<boolean>;
}

/** What an outbox works with. */
export interface OutboxOptions {
  readonly bus: EventBus;
  readonly logger: Logger;
  readonly metrics: Pick<RunMetrics, 'countPublished'>;
}

/**
 * Follows a log from its beginning: after a restart everything is published again under the same ids, which the bus
 * stores once. While the bus is away, events wait in the log and the run continues.
 */
export function startOutbox(run: ActiveRun, { bus, logger, metrics }: OutboxOptions): Outbox {
  const stop = new AbortController();
  const closing = new AbortController();
  let next = 0;

  const work = async (): Promise<void> => {
    for (;;) {
      const changed = run.changed;
      for (; next < run.entries.length; next++) await publishEntry(next);
      if (closing.signal.aborted) return;
      await untilAborted(changed, closing.signal);
    }
  };

  const publishEntry = async (index: number): Promise<void> => {
    const entry = run.entries[index];
    const state = foldRun(run.entries.slice(0, index + 1));
    if (entry === undefined || state === undefined) return;
    for (const event of eventsOf(entry, state)) {
      const { runId, iteration } = event;
      await withRequestContext({ runId, iteration }, () => publish(event));
    }
  };

  const publish = async (event: events.IterationEvent): Promise<void> => {
    const outgoing = encodeIterationEvent(event);
    for (let waitMs = FIRST_DELAY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_DELAY_MS)) {
      try {
        await traced({ name: 'publish iteration event', kind: 'producer' }, () => {
          const trace = currentTraceparent();
          return bus.publish({ ...outgoing, ...(trace === undefined ? {} : { trace }) });
        });
        metrics.countPublished('stored');
        return;
      } catch (error) {
        metrics.countPublished('refused');
        logger.warn(
          { ...logFields(error), subject: outgoing.subject },
          'the event bus is away; the event waits in the log',
        );
        await delay(stop.signal, waitMs);
      }
    }
  };

  const done = work().then(
    () => true,
    () => false,
  );
  return {
    close: async (waitMs) => {
      closing.abort();
      const timer = setTimeout(() => {
        stop.abort();
      }, waitMs);
      const finished = await done;
      clearTimeout(timer);
      return finished;
    },
  };
}
