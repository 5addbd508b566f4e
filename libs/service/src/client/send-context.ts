import { Metadata, type ClientMiddleware } from 'nice-grpc';
import { currentRequestContext, writeRequestContext } from '../observe/request-context.ts';

/** Passes the run id, iteration and trace id of the work in hand on to the server. */
export const sendContext: ClientMiddleware = async function* sendContext(call, options) {
  const context = currentRequestContext();
  if (context === undefined) return yield* call.next(call.request, options);
  const metadata = Metadata(options.metadata);
  writeRequestContext(context, metadata);
  return yield* call.next(call.request, { ...options, metadata });
};
