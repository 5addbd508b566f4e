import { SipfError, type ErrorKind } from '@sipf/errors';
import { RemoteFault } from '../errors/remote-fault.ts';

/** The HTTP status of each kind of error, as Google's API design guide maps gRPC's. */
const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  'invalid-argument': 400,
  unauthenticated: 401,
  'permission-denied': 403,
  'not-found': 404,
  'already-exists': 409,
  'failed-precondition': 400,
  'resource-exhausted': 429,
  unavailable: 503,
  'deadline-exceeded': 504,
  cancelled: 499,
  'data-loss': 500,
  unimplemented: 501,
};

/** An error as its caller sees it. */
export interface HttpError {
  readonly status: number;
  /** In seconds, for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
  readonly body: { readonly error: Readonly<Record<string, unknown>> };
}

/** The form of errors that an API's clients expect. @param errorId see httpErrorOf */
export type ErrorForm = (error: unknown, errorId: string) => HttpError;

/** Maps errors to HTTP, the only such mapping. @param errorId names an unforeseen error, whose detail is only logged */
export function httpErrorOf(error: unknown, errorId: string): HttpError {
  if (error instanceof SipfError) return foreseen(error);
  const status = clientStatusOf(error);
  if (status !== undefined) {
    const known = error as Error;
    return plain(status, { kind: 'invalid-argument', reason: 'INVALID_FIELD', message: known.message });
  }
  const id = (error instanceof RemoteFault ? error.errorId : undefined) ?? errorId;
  const message = `internal error ${id}`;
  return plain(error instanceof RemoteFault ? 502 : 500, { kind: 'internal', reason: 'INTERNAL', message });
}

function foreseen({ kind, reason, message, violations, metadata, retryAfterMs }: SipfError): HttpError {
  const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000);
  const details = { ...(retryAfterMs === undefined ? {} : { retryAfterMs }), metadata };
  const error = { kind, reason, message, violations, ...details };
  return { status: HTTP_STATUS[kind], retryAfterSeconds, body: { error } };
}

/** The status of fastify's own refusals: invalid JSON, a body that is too large, a media type. */
function clientStatusOf(error: unknown): number | undefined {
  const isFastify = error instanceof Error && 'statusCode' in error && 'code' in error;
  const status = isFastify ? Number(error.statusCode) : 0;
  return status >= 400 && status < 500 ? status : undefined;
}

function plain(status: number, error: Readonly<Record<string, unknown>>): HttpError {
  return { status, retryAfterSeconds: undefined, body: { error: { ...error, violations: [] } } };
}
