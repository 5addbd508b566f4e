import { Metadata, type ClientMiddleware } from 'nice-grpc';
import { endCallSpan, startCallSpan } from '../observe/call-span.ts';
import { currentRequestContext, writeRequestContext } from '../observe/request-context.ts';
import { inSpan } from '../observe/tracing.ts';

/** Sends the run id, iteration and trace of the current work to the server; each attempt of a call is a span. */
export const sendContext: ClientMiddleware = async function* sendContext(call, options) {
  const context = currentRequestContext();
  if (context === undefined) return yield* call.next(call.request, options);
  const span = startCallSpan(context, call.method, 'client');
  const metadata = Metadata(options.metadata);
  writeRequestContext(inSpan(context, span), metadata);
  let failure: unknown;
  try {
    return yield* call.next(call.request, { ...options, metadata });
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    endCallSpan(span, 'client', failure);
  }
};
