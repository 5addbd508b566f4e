/** gRPC's own key for the number of earlier attempts (gRFC A6); absent in the first one. */
export const ATTEMPTS_KEY = 'grpc-previous-rpc-attempts';
/** gRPC's own key for the milliseconds to wait before a retry (gRFC A6). */
export const PUSHBACK_KEY = 'grpc-retry-pushback-ms';
