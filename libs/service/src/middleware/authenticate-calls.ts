import type { ServerMiddleware } from 'nice-grpc';
import type { Authenticator } from '../auth/authenticator.ts';
import { scopeOf } from '../auth/scopes.ts';
import type { CallExtension } from '../server/handlers.ts';

type Extension = Pick<CallExtension, 'log' | 'caller'>;

/** Health needs no token: probes have none, and learn only whether the service serves. */
const OPEN = 'grpc.health.v1.Health:';

/** Refuses calls whose token is missing, unknown or without the method's scope, before a request is read. */
export function authenticateCalls(
  authenticator: Authenticator | undefined,
): ServerMiddleware<Extension, Pick<CallExtension, 'log'>> {
  return async function* authenticateCalls(call, context) {
    const needed = scopeOf(call.method.path);
    if (authenticator === undefined || needed.startsWith(OPEN)) {
      return yield* call.next(call.request, { ...context, caller: undefined });
    }
    const caller = authenticator.authenticate(context.metadata.get('authorization'), needed);
    return yield* call.next(call.request, { ...context, caller, log: context.log.child({ caller }) });
  };
}
