import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { startMetricsServer, type MetricsServer } from '../observe/metrics-server.ts';
import type { Service } from '../server/create-service.ts';
import { assertSafeToListen, formatAddress, listenError, parseAddress } from '../server/listen-address.ts';
import type { ServiceSettings } from '../server/service-settings.ts';

/** The parts of an HTTP service. */
export interface HttpServiceOptions {
  readonly name: string;
  readonly settings: ServiceSettings;
  readonly registry: Registry;
  readonly server: FastifyInstance;
  /** Frees the routes' resources, after the last request. */
  readonly close: () => void;
}

/** An HTTP server with the lifecycle of every service; nothing listens before `start()`. */
export function createHttpService(options: HttpServiceOptions): Service {
  const { name, settings, registry, server } = options;
  let metrics: MetricsServer | undefined;
  let isServing = false;
  return {
    name,
    registry,
    setServing: (serving) => {
      isServing = serving;
    },
    async start() {
      const { address, metricsAddress } = settings;
      const { host, port } = parseAddress(address);
      assertSafeToListen(host, settings);
      await server.listen({ host, port }).catch(listenError(address));
      isServing = true;
      if (metricsAddress !== 'off') {
        const about = { address: metricsAddress, registry, isServing: () => isServing };
        metrics = await startMetricsServer(about).catch(listenError(metricsAddress));
      }
      const bound = server.server.address() as AddressInfo;
      return { address: formatAddress(host, bound.port), port: bound.port, metricsAddress: metrics?.address };
    },
    async stop() {
      isServing = false;
      await closeWithin(settings.drainMs, server);
      options.close();
      await metrics?.stop();
      registry.clear();
    },
  };
}

/** Lets open requests finish, and ends the rest when the time is over. */
async function closeWithin(milliseconds: number, server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => {
    server.server.closeAllConnections();
  }, milliseconds);
  try {
    await server.close();
  } finally {
    clearTimeout(timer);
  }
}
