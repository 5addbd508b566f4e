import type { ClientMiddleware } from 'nice-grpc';
import type { CallOptions, ClientOptions } from './client-options.ts';

/** Applies a client's deadline, idempotency and signal where a call sets none. */
export function applyDefaults(
  defaults: Pick<ClientOptions, 'idempotent' | 'signal'> & { readonly deadlineMs: number },
): ClientMiddleware<CallOptions> {
  return async function* applyDefaults(call, options) {
    const { idempotencyLevel } = call.method.options;
    const idempotent = options.idempotent ?? (idempotencyLevel !== undefined || defaults.idempotent === true);
    const signals = [options.signal, defaults.signal].filter((signal) => signal !== undefined);
    const deadlineMs = options.deadlineMs ?? defaults.deadlineMs;
    const filled = { ...options, idempotent, deadlineMs };
    return yield* call.next(
      call.request,
      signals.length === 0 ? filled : { ...filled, signal: AbortSignal.any(signals) },
    );
  };
}
