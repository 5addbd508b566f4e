import { ClientError, type ClientMiddleware } from 'nice-grpc';
import { decodeError } from '../errors/decode-error.ts';

/** Turns status and details back into the error that the server threw. */
export const restoreErrors: ClientMiddleware = async function* restoreErrors(call, options) {
  try {
    return yield* call.next(call.request, options);
  } catch (error) {
    throw error instanceof ClientError ? decodeError(error) : error;
  }
};
