import { ServerInterceptingCall, ServerListenerBuilder, type ServerInterceptor } from '@grpc/grpc-js';

/** Metadata key under which the call's own deadline (Unix milliseconds) reaches the middleware. */
export const DEADLINE_KEY = 'sipf-internal-deadline';

/**
 * Passes the caller's deadline to the middleware: grpc-js enforces it but removes the header.
 * A value sent by the caller under the same key is always replaced or removed.
 */
export const exposeDeadline: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start(next) {
      const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, pass) => {
        const deadline = Number(call.getDeadline());
        metadata.remove(DEADLINE_KEY);
        if (Number.isFinite(deadline)) metadata.set(DEADLINE_KEY, deadline.toString());
        pass(metadata);
      });
      next(listener.build());
    },
  });
