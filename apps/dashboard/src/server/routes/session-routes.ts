import { SipfError } from '@sipf/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Session } from '../../api/model.ts';
import { parseInput } from '../parse-input.ts';
import { Attempts } from '../security/attempts.ts';
import { SESSION_COOKIE, sessionOf } from '../security/guard.ts';
import type { Sessions } from '../security/sessions.ts';

const login = z.object({ token: z.string().max(1000) });
const FAILURES = { limit: 10, windowMs: 60_000 };

/** Routes that report whether the caller is logged in, and log in with the token. */
export function addSessionRoutes(
  server: FastifyInstance,
  {
    sessions,
    isTls,
    now,
  }: { readonly sessions: Sessions; readonly isTls: boolean; readonly now: () => number },
): void {
  const attempts = new Attempts({ ...FAILURES, now });
  const setCookie = (reply: FastifyReply, id: string): void => {
    void reply.setCookie(SESSION_COOKIE, id, {
      httpOnly: true,
      sameSite: 'strict',
      secure: isTls,
      path: '/',
    });
  };
  const describe = (id: string): Session => ({
    isOpen: sessions.isOpen(id),
    csrfToken: sessions.csrfToken(id),
  });
  server.get('/api/session', (request, reply) => {
    const known = sessionOf(request, sessions);
    const id = known ?? sessions.create();
    if (known === undefined) setCookie(reply, id);
    return describe(id);
  });
  server.post('/api/session', (request, reply) => {
    const { token } = parseInput(login, request.body);
    const { waitMs } = attempts;
    if (waitMs > 0) throw tooMany(waitMs);
    const id = sessions.open(token);
    if (id === undefined) {
      attempts.fail();
      throw new SipfError('unauthenticated', 'this is not the token', { reason: 'LOGIN_REQUIRED' });
    }
    setCookie(reply, id);
    return describe(id);
  });
}

function tooMany(retryAfterMs: number): SipfError {
  return new SipfError('resource-exhausted', 'too many wrong tokens; wait a minute', {
    reason: 'LOGIN_REQUIRED',
    retryAfterMs,
  });
}
