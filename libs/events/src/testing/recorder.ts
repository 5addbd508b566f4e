import type {
  EventBus,
  EventHandler,
  EventLog,
  ReceivedEvent,
  SubscribeOptions,
  Subscription,
} from '../event-bus.ts';

/** A log that keeps its lines. */
export function createRecordingLog(): EventLog & { readonly lines: string[] } {
  const lines: string[] = [];
  const add = (facts: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(facts)}`);
  };
  return { lines, info: add, warn: add, error: add };
}

/** A subscriber that records its events, and lets a test wait for them. */
export interface Recorder {
  readonly events: ReceivedEvent[];
  /** `id` of every delivery, with `#2` and so on for repeated ones. */
  readonly ids: () => string[];
  /** Resolves when this many deliveries were seen. */
  readonly seen: (count: number) => Promise<void>;
  readonly subscription: Subscription;
}

/** Subscribes, and calls `handler` after a delivery was noted. */
export async function record(
  bus: EventBus,
  options: Omit<SubscribeOptions, 'handler'>,
  handler: EventHandler = () => Promise.resolve(),
): Promise<Recorder> {
  const events: ReceivedEvent[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const subscription = await bus.subscribe({
    ...options,
    handler: async (event, context) => {
      events.push(event);
      for (const { count, resolve } of waiting) if (events.length >= count) resolve();
      await handler(event, context);
    },
  });
  return {
    events,
    subscription,
    ids: () => events.map(({ id, delivery }) => (delivery === 1 ? id : `${id}#${delivery}`)),
    seen: (count) =>
      new Promise((resolve) => {
        if (events.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}
