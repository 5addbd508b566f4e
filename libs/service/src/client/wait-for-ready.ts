import { SipfError } from '@sipf/errors';
import { delay, isAbortError } from 'abort-controller-x';
import { HealthDefinition } from 'nice-grpc-server-health';
import type { ClientSecurity } from './client-security.ts';
import { createClient } from './create-client.ts';

const SERVING = 1;
const POLL_MS = 50;
/** Bounds a single health check, which must not use up the whole time. */
const CHECK_MS = 2000;

/**
 * Waits until the service at `host:port` answers SERVING to its health check.
 * @throws SipfError `unavailable` when it does not within `deadlineMs`; AbortError when `signal` aborts.
 */
export async function waitForReady(
  address: string,
  options: Pick<ClientSecurity, 'tls'> & {
    /** @default 30_000 */
    readonly deadlineMs?: number;
    readonly signal?: AbortSignal;
    /** Full name of a gRPC service. @default '' (the server as a whole) */
    readonly service?: string;
  } = {},
): Promise<void> {
  const { deadlineMs = 30_000, tls, service = '', signal = new AbortController().signal } = options;
  using client = createClient(HealthDefinition, address, { tls, signal });
  const giveUpAt = performance.now() + deadlineMs;
  // The service's own answer says more than a last check that timed out.
  let refusal: Error | undefined;
  let last: unknown;
  while (performance.now() < giveUpAt) {
    try {
      const left = Math.max(1, giveUpAt - performance.now());
      const { status } = await client.check({ service }, { deadlineMs: Math.min(left, CHECK_MS) });
      if ((status as number) === SERVING) return;
      refusal = new Error('the service answers NOT_SERVING');
    } catch (error) {
      if (isAbortError(error)) throw error;
      last = error;
    }
    await delay(signal, POLL_MS);
  }
  const cause = refusal ?? last;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  throw new SipfError('unavailable', `no service is ready at ${address} after ${deadlineMs} ms${why}`, {
    reason: 'NOT_READY',
    cause,
  });
}
