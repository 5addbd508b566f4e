/** gRPC's own name for how often a call was sent before (gRFC A6); absent at the first time. */
export const ATTEMPTS_KEY = 'grpc-previous-rpc-attempts';
/** gRPC's own name for the milliseconds after which a refused call should be sent again (gRFC A6). */
export const PUSHBACK_KEY = 'grpc-retry-pushback-ms';
