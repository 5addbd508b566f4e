import { notConnected, parseNatsAddress } from '@sipf/artifacts/nats-address';
import { SipfError } from '@sipf/errors';
import { connect, NatsError, type KV } from 'nats';
import type { ServerLeases } from './run-leases.ts';

const BUCKET = 'sipf-leases';
/** The server's word for a text that is not the one that the caller saw. */
const WRONG_REVISION = 10071;
const TIMEOUT_MS = 5000;
const REASON = 'LEASES_UNAVAILABLE';

/**
 * Leases in a key-value bucket of NATS, which is made where there is none.
 * @param replicas of the bucket, on as many servers of a cluster
 * @throws SipfError LEASES_UNAVAILABLE: `unavailable`, or `unauthenticated` where the server refuses the credentials
 */
export async function openNatsLeases(url: string, replicas: number): Promise<ServerLeases> {
  const { options, shown } = parseNatsAddress(url);
  const connection = await connect({
    ...options,
    ...{ name: 'sipf-leases', timeout: TIMEOUT_MS, maxReconnectAttempts: -1, reconnectTimeWait: 250 },
  }).catch((cause: unknown) => {
    throw notConnected(unreachable(shown), cause, REASON);
  });
  const js = connection.jetstream({ timeout: TIMEOUT_MS });
  const open = (): Promise<KV> => js.views.kv(BUCKET, { history: 1, replicas });
  // Of two who make it at the same time one may be left without an answer.
  const first = await open()
    .catch(open)
    .catch(async (cause: unknown) => {
      await connection.close();
      throw unavailable(shown, cause);
    });
  let opened: Promise<KV> | undefined = Promise.resolve(first);
  const inBucket = async <T>(work: (bucket: KV) => Promise<T>): Promise<T> => {
    try {
      opened ??= open();
      return await work(await opened);
    } catch (cause) {
      // The bucket may be lost with its server's disk: it is made again.
      opened = undefined;
      throw unavailable(shown, cause);
    }
  };
  return {
    of: (runId) => ({
      read: () =>
        inBucket(async (bucket) => {
          const entry = await bucket.get(runId);
          if (entry?.operation !== 'PUT') return undefined;
          return { text: entry.string(), revision: String(entry.revision) };
        }),
      write: (text, revision) =>
        inBucket(async (bucket) => {
          const written =
            revision === undefined
              ? bucket.create(runId, text)
              : bucket.update(runId, text, Number(revision));
          return await written.then(String, ifAnother);
        }),
    }),
    close: () => connection.close(),
  };
}

function ifAnother(error: unknown): undefined {
  if (error instanceof NatsError && error.api_error?.err_code === WRONG_REVISION) return undefined;
  throw error;
}

function unavailable(shown: string, cause: unknown): SipfError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SipfError('unavailable', `${unreachable(shown)}: ${why}`, { reason: REASON, cause });
}

function unreachable(shown: string): string {
  return `the leases of runs at ${shown} cannot be reached`;
}
