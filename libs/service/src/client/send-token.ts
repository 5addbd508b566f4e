import { Metadata, type ClientMiddleware } from 'nice-grpc';

/** Sends the bearer token with every call; one that a call's own metadata carries wins. */
export function sendToken(token: () => string): ClientMiddleware {
  return async function* sendToken(call, options) {
    const metadata = Metadata(options.metadata);
    if (!metadata.has('authorization')) metadata.set('authorization', `Bearer ${token()}`);
    return yield* call.next(call.request, { ...options, metadata });
  };
}
