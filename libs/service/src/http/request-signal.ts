import { SipfError } from '@sipf/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Aborts when the caller hangs up before its answer. */
export function callerSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/**
 * The caller's time limit for a call.
 * @throws SipfError invalid-argument INVALID_FIELD unless it is a whole number of milliseconds
 */
export function deadlineOf({ headers }: FastifyRequest, longestMs: number): number {
  const given = headers['x-deadline-ms'];
  if (given === undefined) return longestMs;
  const milliseconds = Number(given);
  if (Number.isInteger(milliseconds) && milliseconds > 0) return Math.min(milliseconds, longestMs);
  const violations = [{ field: 'x-deadline-ms', description: 'must be a whole number of milliseconds' }];
  throw new SipfError('invalid-argument', 'x-deadline-ms must be a whole number of milliseconds', {
    reason: 'INVALID_FIELD',
    violations,
  });
}
