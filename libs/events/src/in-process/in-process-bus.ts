import { SipfError } from '@sipf/errors';
import type { EventBus, EventLog, Subscription } from '../event-bus.ts';
import { assertSubject, assertSubscribable } from '../subject-filter.ts';
import { withDefaults } from '../with-defaults.ts';
import { DurableQueue } from './durable-queue.ts';
import { EventLogBuffer } from './event-log-buffer.ts';

/**
 * A bus inside this process, for machines without a NATS server: the same deliveries, for subscribers of the same
 * process only, and nothing survives its end.
 */
export function createInProcessBus(options: {
  readonly log: EventLog;
  /** Events kept for subscribers that are away. @default 10_000 */
  readonly capacity?: number;
}): EventBus {
  const { log, capacity = 10_000 } = options;
  const buffer = new EventLogBuffer(capacity);
  const queues = new Map<string, DurableQueue>();
  const subscriptions = new Set<Subscription>();
  let closed = false;

  const assertOpen = (): void => {
    if (closed)
      throw new SipfError('unavailable', 'the event bus is closed', { reason: 'EVENTS_UNAVAILABLE' });
  };

  return {
    kind: 'in-process',
    async publish(event) {
      await Promise.resolve();
      assertOpen();
      assertSubject(event.subject);
      if (!buffer.append(event)) return;
      for (const queue of queues.values()) queue.wake();
    },
    async subscribe(subscribeOptions) {
      await Promise.resolve();
      assertOpen();
      const full = withDefaults(subscribeOptions);
      assertSubscribable(full.durable, full.subjects);
      const position = full.from === 'new' ? buffer.end : buffer.start;
      const queue =
        queues.get(full.durable) ?? new DurableQueue({ buffer, log, position, durable: full.durable });
      queues.set(full.durable, queue);
      const subscription = queue.subscribe(full);
      subscriptions.add(subscription);
      return subscription;
    },
    async close() {
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
    },
  };
}
