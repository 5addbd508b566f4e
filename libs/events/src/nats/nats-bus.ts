import { SipfError } from '@sipf/errors';
import {
  Events,
  headers,
  type JetStreamClient,
  type JetStreamPublishOptions,
  type NatsConnection,
} from 'nats';
import type { EventBus, EventLog, OutgoingEvent, Subscription } from '../event-bus.ts';
import { assertSubject, assertSubscribable } from '../subject-filter.ts';
import { withDefaults } from '../with-defaults.ts';
import { connectNats, toUnavailable } from './connect.ts';
import { startNatsSubscription, TRACE_HEADER } from './nats-subscription.ts';
import { ensureConsumer, ensureStream, type StreamSettings } from './stream.ts';

/** How long the server may take to store an event. */
const PUBLISH_MS = 5000;

/** The server, and where the bus says what happens to it. */
export interface NatsBusOptions {
  /** One or more addresses, comma separated. */
  readonly url: string;
  readonly log: EventLog;
  /** @default one server, 256 MiB */
  readonly stream?: StreamSettings;
}

/**
 * The bus over NATS JetStream (server 2.9 or later): stream SIPF, subjects `sipf.>`, explicit acknowledgement after the
 * handler, duplicates dropped by `Nats-Msg-Id`. It reconnects for ever; while the server is away nothing is buffered:
 * `publish` fails at once and the caller keeps the event.
 * @throws as connectNatsBus
 */
export async function openNatsBus(options: NatsBusOptions): Promise<EventBus> {
  const { url, log, stream = { replicas: 1, mib: 256 } } = options;
  const connection = await connectNats(url, log);
  const jetStream = connection.jetstream({ timeout: PUBLISH_MS });
  try {
    await ensureStream(await connection.jetstreamManager(), stream);
  } catch (error) {
    await connection.close();
    throw toUnavailable(error, 'cannot use JetStream', stream.mib);
  }
  const isConnected = watchConnection(connection);
  const subscriptions = new Set<Subscription>();

  return {
    kind: 'nats',
    async publish(event) {
      assertSubject(event.subject);
      if (!isConnected()) {
        throw new SipfError('unavailable', 'the NATS server is away', {
          reason: 'EVENTS_UNAVAILABLE',
          retryAfterMs: 500,
        });
      }
      await publishEvent(jetStream, event, stream).catch((error: unknown) => {
        throw toUnavailable(error, `cannot publish ${event.subject}`, stream.mib);
      });
    },
    async subscribe(subscribeOptions) {
      const full = withDefaults(subscribeOptions);
      assertSubscribable(full.durable, full.subjects);
      try {
        const manager = await connection.jetstreamManager();
        await ensureStream(manager, stream);
        await ensureConsumer(manager, full);
      } catch (error) {
        throw toUnavailable(error, `cannot subscribe ${full.durable}`, stream.mib);
      }
      const subscription = startNatsSubscription({ jetStream, options: full, log, stream });
      subscriptions.add(subscription);
      return subscription;
    },
    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
      // The server cannot be reached, so there is nothing to send it.
      if (isConnected()) await connection.flush().catch(() => undefined);
      await connection.close();
    },
  };
}

/** Publishes; if the stream is gone (a server that lost its folder), recreates it first. */
async function publishEvent(
  jetStream: JetStreamClient,
  { subject, id, payload, trace }: OutgoingEvent,
  stream: StreamSettings,
): Promise<void> {
  const options = { msgID: id, ...traceHeader(trace) };
  try {
    await jetStream.publish(subject, payload, options);
  } catch (error) {
    if (!isNoResponders(error)) throw error;
    await ensureStream(await jetStream.jetstreamManager(), stream);
    await jetStream.publish(subject, payload, options);
  }
}

function traceHeader(trace: string | undefined): Partial<JetStreamPublishOptions> {
  if (trace === undefined) return {};
  const carried = headers();
  carried.set(TRACE_HEADER, trace);
  return { headers: carried };
}

function isNoResponders(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '503';
}

/** Follows the connection; false from the moment it is lost until it is back. */
function watchConnection(connection: NatsConnection): () => boolean {
  let connected = true;
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) connected = false;
      else if (type === Events.Reconnect) connected = true;
    }
  })();
  return () => connected && !connection.isClosed();
}
