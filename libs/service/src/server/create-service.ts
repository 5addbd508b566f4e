import { violationsOf } from '@sipf/contracts';
import { createServer, type Server } from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { setImmediate } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { createAuthenticator, type Authenticator } from '../auth/authenticator.ts';
import { authenticateCalls } from '../middleware/authenticate-calls.ts';
import { carryContext } from '../middleware/carry-context.ts';
import { endOnStop, stoppingError } from '../middleware/end-on-stop.ts';
import { limitCallers } from '../middleware/limit-callers.ts';
import { limitTime } from '../middleware/limit-time.ts';
import { mapErrors } from '../middleware/map-errors.ts';
import { validateRequests, type RequestValidator } from '../middleware/validate-requests.ts';
import type { Logger } from '../observe/logger.ts';
import { startMetricsServer, type MetricsServer } from '../observe/metrics-server.ts';
import { countCalls, createMetricsRegistry } from '../observe/metrics.ts';
import { admitCalls, type Bounded } from './admit-calls.ts';
import { exposeDeadline } from './deadline-interceptor.ts';
import { drain } from './drain.ts';
import { endSilence } from './end-silence.ts';
import { guardDecoding } from './guard-decoding.ts';
import type { CallExtension, Implementation } from './handlers.ts';
import { assertSafeToListen, formatAddress, listenError, parseAddress } from './listen-address.ts';
import { reflectionOf } from './reflection.ts';
import type { ServiceSettings } from './service-settings.ts';
import { takeTurns } from './take-turns.ts';
import { serverCredentials } from './tls.ts';

/** The parts of a service. */
export interface ServiceOptions {
  /** Short name, as in `sipf serve <name>`. */
  readonly name: string;
  readonly implementations: readonly Implementation[];
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  /** @default the validators of `@sipf/contracts` */
  readonly validator?: RequestValidator;
  /** Compiled FileDescriptorSet for reflection. @default the one of `@sipf/contracts` */
  readonly descriptorSet?: Uint8Array;
  /** Register own metrics here. @default a registry of its own */
  readonly registry?: Registry;
  /** Frees the handlers' resources, after the last call has ended. */
  readonly close?: () => Promise<void>;
}

/** The addresses of a started service. */
export interface BoundAddresses {
  /** `host:port` of the gRPC server. */
  readonly address: string;
  readonly port: number;
  /** `host:port` of `/metrics` and `/healthz`, or undefined when switched off. */
  readonly metricsAddress: string | undefined;
}

/** A gRPC service with its health, reflection and metrics. */
export interface Service {
  readonly name: string;
  readonly registry: Registry;
  /** @throws SipfError for unsafe or malformed addresses, unreadable certificates and ports in use. */
  start(): Promise<BoundAddresses>;
  /** Answers NOT_SERVING (or SERVING again) to health checks, e.g. while a model is loaded. */
  setServing(serving: boolean): void;
  /** Refuses new calls, lets those in flight finish until the drain deadline, ends the rest, frees everything. */
  stop(): Promise<void>;
}

/** Builds a service; nothing listens before `start()`. */
export function createService(options: ServiceOptions): Service {
  const registry = options.registry ?? createMetricsRegistry();
  const lifetime = { terminating: new AbortController(), expired: new AbortController() };
  const health = HealthState();
  const names = options.implementations.map(({ definition }) => definition.fullName);
  const server = buildServer({ ...options, registry }, lifetime);
  let metrics: MetricsServer | undefined;
  let stopped: Promise<void> | undefined;

  const setServing = (serving: boolean): void => {
    for (const name of ['', ...names]) health.setStatus(serving ? 'healthy' : 'unhealthy', name);
  };

  return {
    name: options.name,
    registry,
    setServing,
    async start() {
      const { settings } = options;
      const { host } = parseAddress(settings.address);
      assertSafeToListen(host, settings);
      setServing(true);
      server.add(HealthDefinition, HealthServiceImpl(health));
      const reflection = reflectionOf({ serviceNames: names, descriptorSet: options.descriptorSet });
      server.add(reflection.definition, reflection.handlers);
      const credentials = serverCredentials(settings.tls);
      const port = await server.listen(settings.address, credentials).catch(listenError(settings.address));
      if (settings.metricsAddress !== 'off') {
        const isServing = (): boolean => health.getStatus('') === 'healthy';
        const { metricsAddress: address } = settings;
        metrics = await startMetricsServer({ address, registry, isServing }).catch(listenError(address));
      }
      return { address: formatAddress(host, port), port, metricsAddress: metrics?.address };
    },
    stop() {
      stopped ??= stopService();
      return stopped;
    },
  };

  async function stopService(): Promise<void> {
    setServing(false);
    // Health watches send their last status before they end.
    await setImmediate();
    lifetime.terminating.abort(stoppingError());
    await drain(server, { drainMs: options.settings.drainMs, expired: lifetime.expired });
    await metrics?.stop();
    await options.close?.();
    registry.clear();
  }
}

/** Closes connections whose other end vanished silently, and cancels their calls. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 10_000 };

type Lifetime = Record<'terminating' | 'expired', AbortController>;

/** Middleware from the outside in: the first sees the call first and the error last. */
function buildServer(
  options: ServiceOptions & { registry: Registry },
  lifetime: Lifetime,
): Server<CallExtension> {
  const { settings, logger, registry } = options;
  const bounded = new Map(options.implementations.flatMap(({ definition }) => boundedPaths(definition)));
  const { maxConcurrentCalls: maxCalls, maxSilentMs } = settings;
  const server = createServer({
    'grpc.max_receive_message_length': settings.maxRequestBytes,
    ...KEEPALIVE,
    // From the wire inwards.
    interceptors: [
      endSilence(maxSilentMs),
      admitCalls({ maxCalls, countsAs: (path) => bounded.get(path), registry }),
      exposeDeadline,
      takeTurns(),
    ],
  })
    .use(carryContext(logger))
    .use(countCalls(registry))
    .use(errorDetailsServerMiddleware)
    .use(mapErrors(logger))
    .use(authenticateCalls(authenticatorOf(options)))
    .use(limitCallers({ maxCalls: settings.maxCallsPerCaller, counts: (path) => bounded.has(path) }))
    .use(endOnStop({ terminating: lifetime.terminating.signal, expired: lifetime.expired.signal }));
  for (const { definition, handlers } of options.implementations) {
    server
      .with(limitTime(settings.maxCallMs))
      .with(validateRequests(options.validator ?? violationsOf))
      .add(guardDecoding(definition), handlers);
  }
  return server;
}

function authenticatorOf({ settings, logger }: ServiceOptions): Authenticator | undefined {
  return settings.tokensFile === undefined ? undefined : createAuthenticator(settings.tokensFile, logger);
}

/** Methods whose calls count, and as what; `Info` costs nothing, and is called most when a service is full. */
function boundedPaths({ fullName, methods }: Implementation['definition']): [string, Bounded][] {
  return Object.values(methods)
    .filter(({ name }) => name !== 'Info')
    .map(({ name }) => [`/${fullName}/${name}`, name.startsWith('Watch') ? 'watches' : 'calls']);
}
