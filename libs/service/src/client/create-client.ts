import { SipfError } from '@sipf/errors';
import type { TsProtoServiceDefinition, Client, ClientMiddleware } from 'nice-grpc';
import { createChannel, createClientFactory } from 'nice-grpc';
import { deadlineMiddleware } from 'nice-grpc-client-middleware-deadline';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import { rereadFile } from '../auth/reread-file.ts';
import { parseToken } from '../auth/token-list.ts';
import { channelCredentials } from '../server/tls.ts';
import { applyDefaults } from './apply-defaults.ts';
import type { CallOptions, ClientOptions } from './client-options.ts';
import type { ClientSecurity } from './client-security.ts';
import { createRenewedChannel } from './renewed-channel.ts';
import { restoreErrors } from './restore-errors.ts';
import { retryCalls } from './retry-calls.ts';
import { sendContext } from './send-context.ts';
import { sendDeadline } from './send-deadline.ts';
import { sendToken } from './send-token.ts';
import { addressesBehind, isLoopbackTarget, isManyServers, serversIn } from './server-target.ts';

/** The methods of a service as functions: promises for unary answers, async iterables for streams. */
export type ServiceClient<Definition extends TsProtoServiceDefinition> = Client<Definition, CallOptions> & {
  /** How many servers are known to stand behind the address; a name is asked again, now and then. */
  countServers(): number;
  /** Closes the connection. */
  close(): void;
  [Symbol.dispose](): void;
};

/**
 * Uses every server in turn. Skips one of which nine calls in ten fail within five seconds, for a growing while, and at most
 * half of the servers at once: where all fail alike the fault is not a single server's, and half of them stay in use.
 */
const MANY_SERVERS = JSON.stringify({
  loadBalancingConfig: [
    {
      outlier_detection: {
        interval: { seconds: 5, nanos: 0 },
        base_ejection_time: { seconds: 10, nanos: 0 },
        max_ejection_time: { seconds: 120, nanos: 0 },
        max_ejection_percent: 50,
        failure_percentage_ejection: {
          threshold: 90,
          enforcement_percentage: 100,
          minimum_hosts: 2,
          request_volume: 10,
        },
        child_policy: [{ round_robin: {} }],
      },
    },
  ],
});

/**
 * While a call is open its connection is asked for a sign of life: a server that hangs, or is cut off without a word, is found
 * within 20 s, and its calls end with `unavailable`.
 */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 10_000, 'grpc.keepalive_timeout_ms': 10_000 };
/** Longest wait for a connection, after which a call ends with `unavailable`. */
const CONNECT_MS = 20_000;
/** Servers that join a name get calls after that time at the latest. */
const LOOK_UP_MS = 10_000;

/**
 * A client of the service at `host:port`, or of all the servers behind `dns:///name:port` or `ipv4:a:port,b:port`, one
 * call each in turn, except one that keeps failing; it connects at the first call and reconnects when the connection is lost.
 * Calls reject with SipfError as the server threw it, with RemoteFault where the server itself failed, and with an
 * AbortError when the caller's signal aborted.
 * @throws SipfError `failed-precondition` for certificates or a token that cannot be read, or a token without TLS
 */
export function createClient<Definition extends TsProtoServiceDefinition>(
  definition: Definition,
  address: string,
  options: ClientOptions = {},
): ServiceClient<Definition> {
  const { tls, maxResponseBytes = 64 * 1024 * 1024 } = options;
  const credentials = channelCredentials(tls);
  const channelOptions = {
    // A channel that is made anew is to have connections of its own.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': maxResponseBytes,
    'grpc.max_send_message_length': -1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2000,
    ...KEEPALIVE,
    ...(isManyServers(address) ? { 'grpc.service_config': MANY_SERVERS } : {}),
    ...(tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  };
  const channel = createRenewedChannel({
    make: () => createChannel(address, credentials, channelOptions),
    connectMs: CONNECT_MS,
    lookUp: addressesBehind(address),
    serversAtFirst: serversIn(address),
    lookUpMs: LOOK_UP_MS,
  });
  // The middleware used first runs last, closest to the wire.
  const client = createClientFactory()
    .use(errorDetailsClientMiddleware)
    .use(sendContext)
    .use(authorise(address, options))
    .use(
      retryCalls({ attempts: 4, baseDelayMs: 100, maxDelayMs: 5000, random: Math.random, ...options.retry }),
    )
    .use(deadlineMiddleware)
    .use(sendDeadline)
    .use(restoreErrors)
    .use(applyDefaults({ deadlineMs: 60_000, ...options }))
    .create(definition, channel);
  const close = (): void => {
    channel.close();
  };
  const countServers = (): number => channel.countServers();
  return Object.assign(client, { countServers, close, [Symbol.dispose]: close });
}

function authorise(address: string, { tls, tokenFile }: ClientSecurity): ClientMiddleware {
  if (tokenFile === undefined) return (call, options) => call.next(call.request, options);
  if (tls === undefined && !isLoopbackTarget(address)) {
    throw new SipfError('failed-precondition', `refusing to send a token to ${address} in clear text`, {
      reason: 'INSECURE_ADDRESS',
    });
  }
  // After a broken rotation the earlier token stays in use; the server refuses it once it has expired.
  const token = rereadFile(tokenFile, { parse: parseToken, onError: () => undefined });
  return sendToken(() => token.current());
}
