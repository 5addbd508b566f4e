import { notConnected, parseNatsAddress } from '@sipf/artifacts/nats-address';
import { SipfError } from '@sipf/errors';
import { connect, Events, NatsError, type NatsConnection } from 'nats';
import type { EventLog } from '../event-bus.ts';

/** JetStream's words where its disk, or a limit of the server, is too small; in a cluster no server is suitable. */
const NO_ROOM = /insufficient storage|no suitable peers/;

/**
 * Connects, and from then on reconnects for as long as it takes.
 * @param url as parseNatsAddress reads it
 * @throws SipfError `unavailable` when no server answers, `unauthenticated` when it refuses the credentials; as parseNatsAddress
 */
export async function connectNats(url: string, log: EventLog): Promise<NatsConnection> {
  const { options, shown } = parseNatsAddress(url);
  try {
    const connection = await connect({
      ...options,
      name: 'sipf',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 100,
      timeout: 5000,
      pingInterval: 5000,
      maxPingOut: 2,
    });
    void reportStatus(connection, log);
    return connection;
  } catch (cause) {
    throw notConnected(`no NATS server at ${shown}`, cause, 'EVENTS_UNAVAILABLE');
  }
}

/**
 * What a failed request to the server means to a caller: the bus is away, try again.
 * @param mib what the stream sets aside, which any request may have to make
 */
export function toUnavailable(cause: unknown, what: string, mib: number): SipfError {
  if (cause instanceof SipfError) return cause;
  // JetStream's own words, e.g. that its disk has too little room, say more than their number.
  const why =
    cause instanceof NatsError
      ? (cause.api_error?.description ?? cause.code)
      : cause instanceof Error
        ? cause.message
        : String(cause);
  const remedy = NO_ROOM.test(why)
    ? `: its store sets ${mib} MiB aside, make room on its disk or set --nats-stream-mib lower`
    : '';
  return new SipfError('unavailable', `${what}: ${why}${remedy}`, {
    reason: 'EVENTS_UNAVAILABLE',
    retryAfterMs: 500,
    cause,
  });
}

async function reportStatus(connection: NatsConnection, log: EventLog): Promise<void> {
  for await (const { type, data } of connection.status()) {
    if (type === Events.Disconnect) log.warn({ data }, 'lost the NATS server');
    else if (type === Events.Reconnect) log.info({ data }, 'found the NATS server again');
    else if (type === Events.Error) log.warn({ data }, 'the NATS server reports an error');
  }
}
