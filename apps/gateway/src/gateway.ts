import { verification } from '@sipf/contracts';
import {
  createAuthenticator,
  createClient,
  createMetricsRegistry,
  type ClientSecurity,
  type Logger,
  type Service,
  type ServiceSettings,
} from '@sipf/service';
import { createHttpServer, createHttpService, failureLog } from '@sipf/service/http';
import { openApiOf } from './contract/open-api.ts';
import { loadServiceContract } from './contract/service-contract.ts';
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
  return createHttpService({
    name: 'gateway',
    settings,
    registry,
    server,
    close: () => {
      client.close();
    },
  });
}
