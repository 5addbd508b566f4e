import { SipfError } from '@sipf/errors';
import { AckPolicy, DeliverPolicy, nanos, RetentionPolicy, StorageType, type JetStreamManager } from 'nats';
import type { FullSubscribeOptions } from '../with-defaults.ts';

/** The JetStream stream that keeps every subject of this system. */
export const STREAM = 'SIPF';
const SUBJECTS = 'sipf.>';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How the stream is kept, where this process is the first to ask for it. */
export interface StreamSettings {
  /** Servers of a cluster that keep it: 1, 3 or 5. */
  readonly replicas: number;
  /** Most that it keeps, in MiB; each of the servers sets as much of its disk aside. */
  readonly mib: number;
}

/** Makes the stream unless it is there; one that is there keeps the settings its owner gave it. */
export async function ensureStream(
  manager: JetStreamManager,
  { replicas, mib }: StreamSettings,
): Promise<void> {
  const existing = await manager.streams.info(STREAM).catch(undefinedWhenMissing);
  if (existing === undefined) {
    await manager.streams.add({
      name: STREAM,
      subjects: [SUBJECTS],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_age: nanos(7 * DAY_MS),
      max_bytes: mib * 1024 * 1024,
      num_replicas: replicas,
      duplicate_window: nanos(30 * MINUTE_MS),
    });
  } else if (!existing.config.subjects.includes(SUBJECTS)) {
    const has = existing.config.subjects.join(', ');
    throw new SipfError(
      'failed-precondition',
      `the NATS stream ${STREAM} has the subjects ${has}, not ${SUBJECTS}`,
      {
        reason: 'STREAM_MISMATCH',
      },
    );
  }
}

/**
 * Makes the durable consumer unless it is there. It filters nothing: servers before 2.10 know one filter only, and a
 * run has few events, so the subscription acknowledges events that are not for it.
 */
export async function ensureConsumer(
  manager: JetStreamManager,
  options: FullSubscribeOptions,
): Promise<void> {
  const existing = await manager.consumers.info(STREAM, options.durable).catch(undefinedWhenMissing);
  if (existing !== undefined) return;
  await manager.consumers.add(STREAM, {
    durable_name: options.durable,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(options.ackWaitMs),
    deliver_policy: options.from === 'new' ? DeliverPolicy.New : DeliverPolicy.All,
    // One at a time keeps the order, also when one is delivered again.
    max_ack_pending: 1,
    // Deliveries are counted by the subscription, which can say what was given up.
    max_deliver: -1,
    ...(options.forgetAfterMs > 0 ? { inactive_threshold: nanos(options.forgetAfterMs) } : {}),
  });
}

function undefinedWhenMissing(error: unknown): undefined {
  if (error instanceof Error && /(stream|consumer) not found/.test(error.message)) return undefined;
  throw error;
}
