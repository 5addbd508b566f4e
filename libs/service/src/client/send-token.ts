import { Metadata, type ClientMiddleware } from 'nice-grpc';

/** Sends the bearer token with every call; a token in the call's own metadata wins. */
export function sendToken(token: () => string): ClientMiddleware {
  return async function* sendToken(call, options) {
    const metadata = Metadata(options.metadata);
    if (!metadata.has('authorization')) metadata.set('authorization', `Bearer ${token()}`);
    return yield* call.next(call.request, { ...options, metadata });
  };
}
