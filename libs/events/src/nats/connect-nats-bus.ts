import type { EventBus } from '../event-bus.ts';
import type { NatsBusOptions } from './nats-bus.ts';

/**
 * The bus over NATS JetStream. Only who connects loads the client: it is a twelfth of what a service loads.
 * @throws SipfError `unavailable` when no server answers, `failed-precondition` when the stream belongs to others
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<EventBus> {
  const { openNatsBus } = await import('./nats-bus.ts');
  return await openNatsBus(options);
}
