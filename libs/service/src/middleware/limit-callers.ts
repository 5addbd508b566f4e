import { SipfError } from '@sipf/errors';
import type { ServerMiddleware } from 'nice-grpc';
import type { CallExtension } from '../server/handlers.ts';
import { hostOf } from '../server/host-of.ts';

/** Retry hint: one of the caller's own calls must end first. */
const RETRY_AFTER_MS = 1000;

/** The bound of one caller's open calls. */
export interface LimitCallersOptions {
  /** Undefined for no limit but the server's own. */
  readonly maxCalls: number | undefined;
  /** Whether a method (`/package.Service/Method`) counts. */
  readonly counts: (path: string) => boolean;
}

/**
 * Refuses a caller's calls beyond its quota with RESOURCE_EXHAUSTED, QUOTA_EXCEEDED and a retry hint, so that no caller can
 * take all slots of a server. The caller is the name of its token, or its host where no token is required.
 */
export function limitCallers({
  maxCalls = Infinity,
  counts,
}: LimitCallersOptions): ServerMiddleware<object, Pick<CallExtension, 'caller'>> {
  const underWay = new Map<string, number>();
  return async function* limitCallers(call, context) {
    if (maxCalls === Infinity || !counts(call.method.path)) return yield* call.next(call.request, context);
    const who = context.caller ?? hostOf(context.peer);
    const open = underWay.get(who) ?? 0;
    if (open >= maxCalls) throw quotaExceeded(who, maxCalls);
    underWay.set(who, open + 1);
    try {
      return yield* call.next(call.request, context);
    } finally {
      const left = (underWay.get(who) ?? 1) - 1;
      if (left === 0) underWay.delete(who);
      else underWay.set(who, left);
    }
  };
}

function quotaExceeded(who: string, maxCalls: number): SipfError {
  return new SipfError('resource-exhausted', `${who} has ${maxCalls} calls under way, which is all it may`, {
    reason: 'QUOTA_EXCEEDED',
    retryAfterMs: RETRY_AFTER_MS,
  });
}
