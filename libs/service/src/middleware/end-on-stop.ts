import { SipfError } from '@sipf/errors';
import type { ServerMiddleware } from 'nice-grpc';
import type { CallExtension } from '../server/handlers.ts';
import { raceSignal } from './race-signal.ts';

/** Why calls end early when a service stops. */
export function stoppingError(): SipfError {
  return new SipfError('unavailable', 'the service is stopping', { reason: 'SHUTTING_DOWN' });
}

/**
 * Ends calls when the service stops: those that requested it at once (`terminating`), the others when their time to
 * finish is over (`expired`). Both signals abort with {@link stoppingError}.
 */
export function endOnStop(signals: {
  readonly terminating: AbortSignal;
  readonly expired: AbortSignal;
}): ServerMiddleware<Pick<CallExtension, 'abortOnTerminate'>> {
  return async function* endOnStop(call, context) {
    const own = new AbortController();
    const terminate = (): void => {
      own.abort(signals.terminating.reason);
    };
    const abortOnTerminate = (): void => {
      if (signals.terminating.aborted) terminate();
      else signals.terminating.addEventListener('abort', terminate, { once: true });
    };
    const signal = AbortSignal.any([context.signal, signals.expired, own.signal]);
    try {
      return yield* raceSignal(call.next(call.request, { ...context, signal, abortOnTerminate }), signal);
    } finally {
      signals.terminating.removeEventListener('abort', terminate);
    }
  };
}
