import { SipfError, storageTrouble } from '@sipf/errors';
import { isAbortError } from 'abort-controller-x';
import { ServerError, type CallContext, type ServerMiddleware } from 'nice-grpc';
import { randomUUID } from 'node:crypto';
import { encodeError, encodeInternalError } from '../errors/encode-error.ts';
import type { Logger } from '../observe/logger.ts';

/**
 * Maps errors to gRPC status, the only such mapping: SipfError by its kind with rich details; a full disk as STORAGE_FULL, a
 * read-only one as STORAGE_READ_ONLY; a handler that gave up because its signal aborted, by the signal's reason; anything else
 * INTERNAL with an id, the detail in the log only.
 */
export function mapErrors(logger: Logger): ServerMiddleware {
  return async function* mapErrors(call, context) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      throw toServerError(error, { logger, context, path: call.method.path });
    }
  };
}

interface Failure {
  readonly logger: Logger;
  readonly context: CallContext;
  readonly path: string;
}

function toServerError(error: unknown, failure: Failure): ServerError {
  const { logger, context, path } = failure;
  if (error instanceof SipfError) {
    logger.info({ method: path, kind: error.kind, reason: error.reason }, `call refused: ${error.message}`);
    return encodeError(error);
  }
  // Health and reflection come from libraries, which throw these on purpose.
  if (error instanceof ServerError) return error;
  if (isAbortError(error) && context.signal.aborted) {
    return encodeError(new SipfError('cancelled', 'the call was cancelled', { reason: 'CANCELLED' }));
  }
  const trouble = storageTrouble(`the ${areaOf(path)} service`, error);
  if (trouble !== undefined) {
    logger.error({ method: path, err: error }, trouble.message);
    return encodeError(trouble);
  }
  const errorId = randomUUID();
  logger.error({ method: path, errorId, err: error }, 'unexpected error');
  return encodeInternalError(errorId);
}

/** `training` of `/sipf.training.v1.TrainingService/StartJob`. */
function areaOf(path: string): string {
  return path.split('.')[1] ?? 'called';
}
