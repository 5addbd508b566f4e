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

/**
 * Finds what is wrong with the address of a server, or with its credentials, before anything is connected.
 * @throws SipfError as parseNatsAddress
 */
export async function checkNatsAddress(url: string | undefined): Promise<void> {
  if (url === undefined) return;
  const { parseNatsAddress } = await import('@sipf/artifacts/nats-address');
  parseNatsAddress(url);
}
