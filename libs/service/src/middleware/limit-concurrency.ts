import { SipfError } from '@sipf/errors';
import type { ServerMiddleware } from 'nice-grpc';

/** Handlers at work beyond `maxCalls` are refused with RESOURCE_EXHAUSTED and a time to come back. */
export function limitConcurrency(maxCalls: number, retryAfterMs = 100): ServerMiddleware {
  let active = 0;
  return async function* limitConcurrency(call, context) {
    if (active >= maxCalls) {
      throw new SipfError('resource-exhausted', `the server is at its limit of ${maxCalls} calls at once`, {
        reason: 'QUEUE_FULL',
        retryAfterMs,
      });
    }
    active += 1;
    try {
      return yield* call.next(call.request, context);
    } finally {
      active -= 1;
    }
  };
}
