import { generation, verification } from '@sipf/contracts';
import {
  createAuthenticator,
  createClient,
  createMetricsRegistry,
  type ClientSecurity,
  type Logger,
  type Service,
  type ServiceClient,
  type ServiceSettings,
} from '@sipf/service';
import {
  callerSignal,
  createHttpServer,
  createHttpService,
  deadlineOf,
  failureLog,
} from '@sipf/service/http';
import type { FastifyInstance } from 'fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import { documentOf, openApiOf } from './contract/open-api.ts';
import { loadServiceContract } from './contract/service-contract.ts';
import { authenticateRequests } from './http/authenticate-requests.ts';
import { addVerificationRoutes } from './http/verification-routes.ts';
import { ModelNames } from './openai/model-names.ts';
import { openAiPaths } from './openai/openai-document.ts';
import { addOpenAiRoutes, errorFormOf } from './openai/openai-routes.ts';

/** A service behind the gateway. */
export interface Behind {
  /** `host:port` */
  readonly address: string;
  readonly security: ClientSecurity;
}

/** The parts of a gateway; at least one service is behind it. */
export interface GatewayOptions {
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  readonly verification: Behind | undefined;
  readonly generation: (Behind & GenerationNames) | undefined;
  readonly version: string;
}

/** Names that clients of the generation service may use. */
interface GenerationNames {
  /** A name of its default model, besides the digest. */
  readonly servedModel: string | undefined;
  /** Clients may name adapters' folders below this one. */
  readonly adaptersFolder: string | undefined;
}

/** How long a service behind may take to answer a health check. */
const HEALTH_MS = 2000;
/** Most names of adapters; the generation service bounds the adapters themselves. */
const MAX_ADAPTERS = 1024;

/** The gateway as a service; nothing listens before `start()`. */
export function createGateway({ settings, logger, version, ...behind }: GatewayOptions): Service {
  const registry = createMetricsRegistry();
  const server = createHttpServer(settings, logger, registry, errorFormOf);
  if (settings.tokensFile !== undefined) {
    authenticateRequests(server, createAuthenticator(settings.tokensFile, logger));
  }
  const context = { settings, logger, version };
  const services = [
    ...(behind.verification === undefined ? [] : [serveVerification(server, behind.verification, context)]),
    ...(behind.generation === undefined ? [] : [serveGeneration(server, behind.generation, context)]),
  ];
  const paths = services.map(({ document }) => document['paths'] as object);
  const document = { ...services[0]?.document, paths: Object.assign({}, ...paths) as object };
  server.get('/openapi.json', () => document);
  server.get('/healthz', async () => {
    await Promise.all(services.map(({ client }) => client.info({}, { deadlineMs: HEALTH_MS })));
    return { status: 'serving' };
  });
  return createHttpService({
    name: 'gateway',
    settings,
    registry,
    server,
    close: () => {
      for (const { client } of services) client.close();
    },
  });
}

type Context = Pick<GatewayOptions, 'settings' | 'logger' | 'version'>;

/** A service with its routes added. */
interface Served {
  readonly client: Pick<ServiceClient<generation.GenerationServiceDefinition>, 'close'> & {
    info(request: object, options: { readonly deadlineMs: number }): Promise<unknown>;
  };
  readonly document: ReturnType<typeof openApiOf>;
}

function serveVerification(server: FastifyInstance, { address, security }: Behind, context: Context): Served {
  const { settings, logger, version } = context;
  const contract = loadServiceContract(verification.VerificationServiceDefinition.fullName);
  const client = createClient(verification.VerificationServiceDefinition, address, security);
  addVerificationRoutes(server, {
    contract,
    client,
    maxCallMs: settings.maxCallMs,
    maxLineBytes: settings.maxRequestBytes,
    logFailure: failureLog(logger),
  });
  return { client, document: openApiOf(contract, version) };
}

function serveGeneration(
  server: FastifyInstance,
  { address, security, servedModel, adaptersFolder }: Behind & GenerationNames,
  { settings, logger, version }: Context,
): Served {
  const client = createClient(generation.GenerationServiceDefinition, address, security);
  addOpenAiRoutes(server, {
    client,
    names: new ModelNames(servedModel, MAX_ADAPTERS),
    adaptersFolder,
    callOptions: (request, reply) => ({
      signal: callerSignal(reply),
      deadlineMs: deadlineOf(request, settings.maxCallMs),
    }),
    logFailure: failureLog(logger),
    drawSeed: () => randomBytes(8).readBigUInt64LE(),
    newId: randomUUID,
    now: Date.now,
    startedAt: Date.now(),
  });
  return { client, document: documentOf('OpenAI-compatible generation', version, openAiPaths()) };
}
