import type { ServerMiddleware } from 'nice-grpc';
import type { MessageGenerator } from '../message-generator.ts';
import { endCallSpan, startCallSpan } from '../observe/call-span.ts';
import type { Logger } from '../observe/logger.ts';
import { readRequestContext, withRequestContext, type RequestContext } from '../observe/request-context.ts';
import { inSpan } from '../observe/tracing.ts';
import type { CallExtension } from '../server/handlers.ts';

/** Makes the caller's run id, iteration and trace the context of all the handler's work, in a separate span. */
export function carryContext(logger: Logger): ServerMiddleware<Pick<CallExtension, 'log'>> {
  return async function* carryContext(call, context) {
    const log = logger.child({ method: call.method.path });
    const received = readRequestContext(context.metadata);
    const span = startCallSpan(received, call.method, 'server');
    let failure: unknown;
    try {
      const generator = call.next(call.request, { ...context, log });
      return yield* inContext(generator, inSpan(received, span));
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      endCallSpan(span, 'server', failure);
    }
  };
}

/** Resumes the generator inside `context`: otherwise it would run in the context of its reader. */
async function* inContext<Response>(
  generator: MessageGenerator<Response>,
  context: RequestContext,
): MessageGenerator<Response> {
  let suspended = false;
  try {
    while (true) {
      suspended = false;
      const result = await withRequestContext(context, () => generator.next());
      if (result.done === true) return result.value;
      suspended = true;
      yield result.value;
    }
  } finally {
    if (suspended) await withRequestContext(context, () => generator.return(undefined));
  }
}
