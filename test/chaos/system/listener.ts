import { connectNatsBus, type EventBus, type ReceivedEvent } from '@sipf/events';
import { createLogger } from '@sipf/service';
import type { ChaosSystem } from './chaos-system.ts';

/** The run's subjects. */
const SUBJECTS = ['sipf.disturbed.iteration.>'];

/** Connects to the system's NATS as a client of its own that hears every event of the run; whoever calls closes it. */
export async function listenToRun(
  { nats }: { readonly nats: Pick<ChaosSystem['nats'], 'url'> },
  hear: (event: ReceivedEvent, bus: EventBus) => void,
  stream?: { readonly replicas: number; readonly mib: number },
): Promise<EventBus> {
  const log = createLogger({ service: 'chaos', level: 'silent' });
  const bus = await connectNatsBus({ url: nats.url, log, ...(stream && { stream }) });
  const handler = (event: ReceivedEvent): Promise<void> => {
    hear(event, bus);
    return Promise.resolve();
  };
  await bus.subscribe({ durable: 'chaos', subjects: SUBJECTS, handler });
  return bus;
}
