import { SipfError } from '@sipf/errors';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Histogram, type Registry } from 'prom-client';
import type { Logger } from '../observe/logger.ts';
import { withRequestContext } from '../observe/request-context.ts';
import { parseTraceparent } from '../observe/traceparent.ts';
import type { ServiceSettings } from '../server/service-settings.ts';
import { httpErrorOf, type ErrorForm } from './http-error.ts';
import { knownMethods } from './known-methods.ts';
import { readPlainJson } from './read-plain-json.ts';

/**
 * An HTTP server whose errors, limits and metrics are those of every service; routes are the caller's.
 * @param formOf the form of a path's errors. @default httpErrorOf
 */
export function createHttpServer(
  settings: ServiceSettings,
  logger: Logger,
  registry: Registry,
  formOf: (url: string) => ErrorForm = () => httpErrorOf,
): FastifyInstance {
  const failed = failureLog(logger);
  const sendError = (error: unknown, { url }: FastifyRequest, reply: FastifyReply, status?: number) => {
    const failure = formOf(url)(error, failed(error));
    if (failure.retryAfterSeconds !== undefined)
      reply.header('retry-after', String(failure.retryAfterSeconds));
    return reply.status(status ?? failure.status).send(failure.body);
  };
  const server = fastify({
    bodyLimit: settings.maxRequestBytes,
    // A caller that never completes its request cannot hold a connection for ever.
    requestTimeout: settings.maxCallMs,
    forceCloseConnections: 'idle',
    // Failures before routing, e.g. an unreadable URL.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      void sendError(error, request, reply);
    },
    ...(settings.tls === undefined ? {} : { https: httpsOptions(settings.tls) }),
  }) as unknown as FastifyInstance;
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  const methodsOf = knownMethods(server);
  server.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length === 0) return sendError(noPath('unknown path'), request, reply);
    reply.header('allow', methods.join(', '));
    return sendError(
      noPath(`${request.method} is not served there, ${methods.join(' and ')} is`),
      request,
      reply,
      405,
    );
  });
  readPlainJson(server);
  carryTrace(server);
  limitConcurrency(server, settings.maxConcurrentCalls);
  timeRequests(server, registry);
  return server;
}

function noPath(message: string): SipfError {
  return new SipfError('not-found', message, { reason: 'PATH_NOT_FOUND' });
}

/** Logs an error and returns its id in the log. */
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

/** Calls made by a request continue the caller's trace, or begin one. */
function carryTrace(server: FastifyInstance): void {
  server.addHook('onRequest', ({ headers: { traceparent } }, _reply, done) => {
    const position = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
    withRequestContext({ ...position }, done);
  });
}

function limitConcurrency(server: FastifyInstance, maxCalls: number): void {
  let active = 0;
  server.addHook('onRequest', (_request, reply, done) => {
    active += 1;
    reply.raw.once('close', () => (active -= 1));
    // The route's error handler reports it, in the form that its callers expect.
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
