import { SipfError } from '@sipf/errors';
import type { ServerMiddleware } from 'nice-grpc';
import { DEADLINE_KEY } from '../server/deadline-interceptor.ts';
import { raceSignal } from './race-signal.ts';

/** Ends calls whose caller set no deadline after `maxCallMs`; a caller's own deadline takes precedence. */
export function limitTime(maxCallMs: number): ServerMiddleware {
  return async function* limitTime(call, context) {
    if (context.metadata.has(DEADLINE_KEY)) return yield* call.next(call.request, context);
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort(
        new SipfError(
          'deadline-exceeded',
          `the call took longer than the server's limit of ${maxCallMs} ms`,
          {
            reason: 'DEADLINE_EXCEEDED',
          },
        ),
      );
    }, maxCallMs);
    const signal = AbortSignal.any([context.signal, limit.signal]);
    try {
      return yield* raceSignal(call.next(call.request, { ...context, signal }), signal);
    } finally {
      clearTimeout(timer);
    }
  };
}
