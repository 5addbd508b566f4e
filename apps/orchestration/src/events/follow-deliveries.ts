import { parseIterationSubject, stageOfEvent } from '@sipf/contracts';
import { isStorageTrouble } from '@sipf/errors';
import type { EventBus, EventHandler, Subscription } from '@sipf/events';
import type { Logger } from '@sipf/service';
import { delay } from 'abort-controller-x';
import { ROOM_MS } from '../run/active-run.ts';
import type { RunRegistry } from '../run/run-registry.ts';
import { noteDelivery, type DeliveredEvent } from './event-book.ts';
import { eventsOfLog } from './iteration-events.ts';
import { logFields } from './log-fields.ts';
import { subscriberOf } from './subscriber-name.ts';

const RETRY_MS = 3000;
/** As long as the bus keeps events: a folder that is taken up later than that finds all that are left. */
const FORGET_AFTER_MS = 7 * 24 * 3_600_000;

/** What following the event bus needs. */
export interface DeliveryOptions {
  readonly bus: EventBus;
  readonly registry: Pick<RunRegistry, 'active' | 'entries' | 'folder'>;
  /** Folder of the runs; what was published while nobody followed for it is delivered to the next one who does. */
  readonly runs: string;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Notes every event of the folder's runs that the bus delivers in the run's book, once, and notifies those who watch the
 * run. It holds nothing up: a bus that is away is asked again.
 */
export function followDeliveries(options: DeliveryOptions): Subscription {
  const stopping = new AbortController();
  const subscribed = subscribe(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await (await subscribed)?.stop();
    },
  };
}

/** @returns undefined when `signal` aborted first */
async function subscribe(options: DeliveryOptions, signal: AbortSignal): Promise<Subscription | undefined> {
  const { bus, runs, logger } = options;
  while (!signal.aborted) {
    try {
      return await bus.subscribe({
        durable: `timeline-${await subscriberOf(runs)}`,
        subjects: ['sipf.*.iteration.>'],
        forgetAfterMs: FORGET_AFTER_MS,
        handler: createHandler(options),
      });
    } catch (error) {
      logger.warn(logFields(error), 'cannot follow the event bus, trying again');
      await delay(signal, RETRY_MS).catch(() => undefined);
    }
  }
  return undefined;
}

function createHandler({ registry, logger, now }: DeliveryOptions): EventHandler {
  return async (received, { signal }) => {
    const runId = parseIterationSubject(received.subject)?.runId;
    if (runId === undefined) return;
    const event = await find(registry, runId, received.id);
    if (event === undefined) return;
    const delivered = { ...event, deliveredAt: new Date(now()).toISOString() };
    const work = () => noteDelivery(registry.folder(runId), delivered);
    const onWait = (error: unknown): void => {
      logger.warn({ err: error, runId }, 'no room is left on a disk: a delivery is noted when there is');
    };
    if (await whenThereIsRoom(work, { signal, onWait })) registry.active(runId)?.deliver(delivered);
  };
}

/** The event as the run's log has it, so that nobody else's is noted; undefined also where the run is not here. */
async function find(
  registry: Pick<RunRegistry, 'entries'>,
  runId: string,
  id: string,
): Promise<Omit<DeliveredEvent, 'deliveredAt'> | undefined> {
  const event = eventsOfLog(await registry.entries(runId)).find(({ eventId }) => eventId === id);
  const name = event && stageOfEvent(event);
  if (event?.occurredAt === undefined || name === undefined) return undefined;
  return { id, iteration: event.iteration, name, occurredAt: event.occurredAt.toISOString() };
}

/** Does what may be done again, until there is room for it; the bus would give the event up otherwise. */
async function whenThereIsRoom<T>(
  work: () => Promise<T>,
  { signal, onWait }: { readonly signal: AbortSignal; readonly onWait: (error: unknown) => void },
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isStorageTrouble(error)) throw error;
      onWait(error);
      await delay(signal, ROOM_MS);
    }
  }
}
