import cookie from '@fastify/cookie';
import files from '@fastify/static';
import {
  createMetricsRegistry,
  type ClientSecurity,
  type Logger,
  type Service,
  type ServiceSettings,
} from '@sipf/service';
import { createHttpServer, createHttpService, failureLog } from '@sipf/service/http';
import { addAnnotationRoutes } from './routes/annotation-routes.ts';
import { connectOrchestration } from './routes/clients.ts';
import { addDatasetRoutes } from './routes/dataset-routes.ts';
import { addEventRoutes } from './routes/event-routes.ts';
import { addRunRoutes } from './routes/run-routes.ts';
import { addSessionRoutes } from './routes/session-routes.ts';
import { guardRequests, isCall } from './security/guard.ts';
import { addSecurityHeaders } from './security/headers.ts';
import { Sessions } from './security/sessions.ts';

/** The settings and parts of a dashboard. */
export interface DashboardOptions {
  readonly settings: ServiceSettings;
  readonly logger: Logger;
  /** `host:port` of the orchestrator. */
  readonly orchestration: string;
  readonly orchestrationSecurity: ClientSecurity;
  /** The login token; undefined for a page open to everyone on this machine. */
  readonly token: string | undefined;
  /** Origin of the page as browsers see it; undefined where it is that of the connection. */
  readonly publicOrigin: string | undefined;
  /** Folder of the built page. */
  readonly page: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How long the orchestrator may take to answer a health check. */
const HEALTH_MS = 2000;

/** The dashboard as a service; nothing listens before `start()`. */
export async function createDashboard(options: DashboardOptions): Promise<Service> {
  const { settings, logger, now, token, page, publicOrigin } = options;
  const registry = createMetricsRegistry();
  const server = createHttpServer(settings, logger, registry);
  const clients = connectOrchestration(options.orchestration, options.orchestrationSecurity);
  const sessions = new Sessions(token, now);
  const isTls = settings.tls !== undefined || publicOrigin?.startsWith('https:') === true;
  await addSecurityHeaders(server, { isTls });
  await server.register(cookie);
  guardRequests(server, { sessions, publicOrigin });
  server.addHook('onSend', (request, reply, payload, done) => {
    if (isCall(request)) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
  // File names under assets/ hold a hash of their content.
  await server.register(files, { root: page, wildcard: false, immutable: true, maxAge: '30d', index: false });
  server.get('/', (_request, reply) => reply.sendFile('index.html', { immutable: false, maxAge: 0 }));
  server.get('/healthz', async () => {
    await clients.runs.info({}, { deadlineMs: HEALTH_MS });
    return { status: 'serving' };
  });
  addSessionRoutes(server, { sessions, isTls, now });
  addRunRoutes(server, clients);
  addEventRoutes(server, clients, { maxCallMs: settings.maxCallMs, logFailure: failureLog(logger) });
  addDatasetRoutes(server, clients);
  addAnnotationRoutes(server, clients);
  return createHttpService({ name: 'dashboard', settings, registry, server, close: clients.close });
}
