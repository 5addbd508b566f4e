import { verification } from '@sipf/contracts';
import {
  assertSafeToListen,
  createAuthenticator,
  createClient,
  createMetricsRegistry,
  formatAddress,
  listenError,
  parseAddress,
  startMetricsServer,
  type ClientSecurity,
  type Logger,
  type MetricsServer,
  type Service,
  type ServiceSettings,
} from '@sipf/service';
import type { AddressInfo } from 'node:net';
import { openApiOf } from './contract/open-api.ts';
import { loadServiceContract } from './contract/service-contract.ts';
import { createHttpServer, failureLog } from './http/create-server.ts';
import { authenticateRequests } from './http/authenticate-requests.ts';
import { addVerificationRoutes } from './http/verification-routes.ts';

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  /** `host:port` of the verification service. */
  readonly verification: string;
  readonly verificationSecurity: ClientSecurity;
  readonly version: string;
}

/** How long the service behind may take to say that it is there. */
const HEALTH_MS = 2000;

/** The gateway as a service; nothing listens before `start()`. */
export function createGateway({ settings, logger, version, ...backend }: GatewayOptions): Service {
  const registry = createMetricsRegistry();
  const contract = loadServiceContract(verification.VerificationServiceDefinition.fullName);
  const { verification: address, verificationSecurity } = backend;
  const client = createClient(verification.VerificationServiceDefinition, address, verificationSecurity);
  const server = createHttpServer(settings, logger, registry);
  if (settings.tokensFile !== undefined) {
    authenticateRequests(server, createAuthenticator(settings.tokensFile, logger));
  }
  const document = openApiOf(contract, version);
  let metrics: MetricsServer | undefined;
  let isServing = false;
  server.get('/openapi.json', () => document);
  server.get('/healthz', async () => {
    await client.info({}, { deadlineMs: HEALTH_MS });
    return { status: 'serving' };
  });
  addVerificationRoutes(server, {
    contract,
    client,
    maxCallMs: settings.maxCallMs,
    maxLineBytes: settings.maxRequestBytes,
    logFailure: failureLog(logger),
  });
  return {
    name: 'gateway',
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
        const options = { address: metricsAddress, registry, isServing: () => isServing };
        metrics = await startMetricsServer(options).catch(listenError(metricsAddress));
      }
      const bound = server.server.address() as AddressInfo;
      return { address: formatAddress(host, bound.port), port: bound.port, metricsAddress: metrics?.address };
    },
    async stop() {
      isServing = false;
      await closeWithin(
        settings.drainMs,
        () => server.close(),
        () => {
          server.server.closeAllConnections();
        },
      );
      client.close();
      await metrics?.stop();
      registry.clear();
    },
  };
}

/** Lets open requests finish, and ends those that have not when the time is over. */
async function closeWithin(
  milliseconds: number,
  close: () => PromiseLike<unknown>,
  end: () => void,
): Promise<void> {
  const timer = setTimeout(end, milliseconds);
  try {
    await close();
  } finally {
    clearTimeout(timer);
  }
}
