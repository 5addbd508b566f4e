import { SipfError } from '@sipf/errors';
import { isLoopback } from '@sipf/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Sessions } from './sessions.ts';

/** The cookie with a session's id. */
export const SESSION_COOKIE = 'sipf-session';
/** The header of changes. */
export const CSRF_HEADER = 'x-csrf-token';

/** Paths under /api that are for people who have not logged in. */
const FOR_ALL = '/api/session';
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Refuses what the page itself would not ask: requests of other sites, changes without the session's token, anything
 * without a login where one is needed, and names that other sites point at this machine.
 */
export function guardRequests(server: FastifyInstance, sessions: Sessions): void {
  server.addHook('onRequest', (request, _reply, done) => {
    try {
      if (!sessions.needsToken) checkHost(request);
      if (request.url.startsWith('/api/')) checkCall(request, sessions);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

/** The id of the caller's session; undefined where there is none. */
export function sessionOf({ cookies }: FastifyRequest, sessions: Sessions): string | undefined {
  const id = cookies[SESSION_COOKIE];
  return sessions.isId(id) ? id : undefined;
}

/** A page without a login is for this machine alone: a foreign name that leads here (DNS rebinding) is refused. */
function checkHost({ hostname }: FastifyRequest): void {
  if (!isLoopback(hostname.replace(/^\[|\]$/g, '')))
    throw foreign('this address is not that of the dashboard');
}

function checkCall(request: FastifyRequest, sessions: Sessions): void {
  const id = sessionOf(request, sessions);
  const isForAll = request.url.split('?')[0] === FOR_ALL;
  if (!isForAll && (id === undefined || !sessions.isOpen(id))) {
    throw new SipfError('unauthenticated', 'log in first', { reason: 'LOGIN_REQUIRED' });
  }
  if (!READING.has(request.method)) checkChange(request, id, sessions);
}

function checkChange(
  { headers, protocol, host }: FastifyRequest,
  id: string | undefined,
  sessions: Sessions,
): void {
  if (headers.origin !== `${protocol}://${host}`) throw foreign('a change must come from the dashboard');
  const token = headers[CSRF_HEADER];
  if (id === undefined || typeof token !== 'string' || !sessions.isCsrfToken(id, token)) {
    throw foreign('a change must carry the token of its session; load the page again');
  }
}

function foreign(message: string): SipfError {
  return new SipfError('permission-denied', message, { reason: 'FOREIGN_REQUEST' });
}
