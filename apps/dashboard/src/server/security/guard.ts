import { SipfError } from '@sipf/errors';
import { isLoopback } from '@sipf/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Sessions } from './sessions.ts';

/** The cookie with a session's id. */
export const SESSION_COOKIE = 'sipf-session';
/** The header with the session's token for changes. */
const CSRF_HEADER = 'x-csrf-token';

/** Paths under /api that need no login. */
const FOR_ALL = '/api/session';
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** What requests are checked against. */
export interface Guard {
  readonly sessions: Sessions;
  /** Origin of the page as browsers see it; undefined where it is that of the connection. */
  readonly publicOrigin: string | undefined;
}

/**
 * Refuses requests that the page itself would not send: those of other sites, changes without the session's token, anything
 * without a required login, and host names that other sites point at this machine.
 */
export function guardRequests(server: FastifyInstance, guard: Guard): void {
  const { sessions } = guard;
  server.addHook('onRequest', (request, _reply, done) => {
    try {
      if (!sessions.needsToken) checkHost(request);
      if (isCall(request)) checkCall(request, guard);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Whether a request is for the API. Decides by its route, as one address can be written in several ways (`/%61pi`). */
export function isCall({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/api/') === true;
}

/** The id of the caller's session; undefined where there is none. */
export function sessionOf({ cookies }: FastifyRequest, sessions: Sessions): string | undefined {
  const id = cookies[SESSION_COOKIE];
  return sessions.isId(id) ? id : undefined;
}

/** Without a login the page is for this machine alone; refuses a foreign name that resolves here (DNS rebinding). */
function checkHost({ hostname }: FastifyRequest): void {
  if (!isLoopback(hostname.replace(/^\[|\]$/g, '')))
    throw foreign('this address is not that of the dashboard');
}

function checkCall(request: FastifyRequest, { sessions, publicOrigin }: Guard): void {
  const id = sessionOf(request, sessions);
  const isForAll = request.routeOptions.url === FOR_ALL;
  if (!isForAll && (id === undefined || !sessions.isOpen(id))) {
    throw new SipfError('unauthenticated', 'log in first', { reason: 'LOGIN_REQUIRED' });
  }
  if (READING.has(request.method)) return;
  const origin = publicOrigin ?? `${request.protocol}://${request.host}`;
  if (request.headers.origin !== origin) throw foreign('a change must come from the dashboard');
  checkToken(request, id, sessions);
}

function checkToken({ headers }: FastifyRequest, id: string | undefined, sessions: Sessions): void {
  const token = headers[CSRF_HEADER];
  if (id === undefined || typeof token !== 'string' || !sessions.isCsrfToken(id, token)) {
    throw foreign('a change must carry the token of its session; load the page again');
  }
}

function foreign(message: string): SipfError {
  return new SipfError('permission-denied', message, { reason: 'FOREIGN_REQUEST' });
}
