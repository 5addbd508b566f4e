import { SipfError } from '@sipf/errors';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fastify, { type FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';
import type { Logger } from '../observe/logger.ts';
import { withRequestContext } from '../observe/request-context.ts';
import { parseTraceparent } from '../observe/traceparent.ts';
import type { ServiceSettings } from '../server/service-settings.ts';
import { httpErrorOf } from './http-error.ts';

/** An HTTP server whose errors, limits and metrics are those of every service; routes are the caller's. */
export function createHttpServer(
  settings: ServiceSettings,
  logger: Logger,
  registry: Registry,
): FastifyInstance {
  const server = fastify({
    bodyLimit: settings.maxRequestBytes,
    // A caller that does not send what it announced does not hold a connection for ever.
    requestTimeout: settings.maxCallMs,
    forceCloseConnections: 'idle',
    ...(settings.tls === undefined ? {} : { https: httpsOptions(settings.tls) }),
  }) as unknown as FastifyInstance;
  const failed = failureLog(logger);
  server.setErrorHandler((error, _request, reply) => {
    const { status, retryAfterSeconds, body } = httpErrorOf(error, failed(error));
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
    return reply.status(status).send(body);
  });
  server.setNotFoundHandler((_request, reply) => {
    const error = {
      kind: 'not-found',
      reason: 'PATH_NOT_FOUND',
      message: 'there is no such path',
      violations: [],
    };
    return reply.status(404).send({ error });
  });
  carryTrace(server);
  limitConcurrency(server, settings.maxConcurrentCalls);
  timeRequests(server, registry);
  return server;
}

/** Logs an error and gives the id under which the log has it. */
export function failureLog(logger: Logger): (error: unknown) => string {
  return (error) => {
    const errorId = randomUUID();
    logger.info({ errorId, err: error }, 'a request failed');
    return errorId;
  };
}

function httpsOptions(tls: NonNullable<ServiceSettings['tls']>) {
  return {
    cert: readFileSync(tls.certFile),
    key: readFileSync(tls.keyFile),
    ...(tls.caFile === undefined ? {} : { ca: readFileSync(tls.caFile) }),
    requestCert: tls.requireClientCert === true,
  };
}

/** The calls that a request makes go on with the caller's trace, or begin one. */
function carryTrace(server: FastifyInstance): void {
  server.addHook('onRequest', ({ headers: { traceparent } }, _reply, done) => {
    const place = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
    withRequestContext({ ...place }, done);
  });
}

function limitConcurrency(server: FastifyInstance, maxCalls: number): void {
  let active = 0;
  server.addHook('onRequest', (_request, reply, done) => {
    active += 1;
    reply.raw.once('close', () => (active -= 1));
    // The route's own error handler says it, in the words of its callers.
    done(active <= maxCalls ? undefined : atLimit(maxCalls));
  });
}

function atLimit(maxCalls: number): SipfError {
  const message = `the server is at its limit of ${maxCalls} calls at once`;
  return new SipfError('resource-exhausted', message, { reason: 'QUEUE_FULL', retryAfterMs: 1000 });
}

function timeRequests(server: FastifyInstance, registry: Registry): void {
  const seconds = new Histogram({
    registers: [registry],
    name: 'http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['route', 'status'],
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    seconds.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}
