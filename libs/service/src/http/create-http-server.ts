import { SipfError } from '@sipf/errors';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
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
 * @param formOf how errors of a path are told. @default httpErrorOf
 */
export function createHttpServer(
  settings: ServiceSettings,
  logger: Logger,
  registry: Registry,
  formOf: (url: string) => ErrorForm = () => httpErrorOf,
): FastifyInstance {
  const failed = failureLog(logger);
  const tell = (error: unknown, { url }: FastifyRequest, reply: FastifyReply, status?: number) => {
    const told = formOf(url)(error, failed(error));
    if (told.retryAfterSeconds !== undefined) reply.header('retry-after', String(told.retryAfterSeconds));
    return reply.status(status ?? told.status).send(told.body);
  };
  const server = fastify({
    bodyLimit: settings.maxRequestBytes,
    // A caller that does not send what it announced does not hold a connection for ever.
    requestTimeout: settings.maxCallMs,
    forceCloseConnections: 'idle',
    // What fails before there is a route, e.g. a URL that cannot be read.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      void tell(error, request, reply);
    },
    ...(settings.tls === undefined ? {} : { https: httpsOptions(settings.tls) }),
  }) as unknown as FastifyInstance;
  server.setErrorHandler((error, request, reply) => tell(error, request, reply));
  const methodsOf = knownMethods(server);
  server.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length === 0) return tell(noPath('there is no such path'), request, reply);
    reply.header('allow', methods.join(', '));
    return tell(
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
