import { SipfError, type SipfErrorOptions } from '@sipf/errors';
import { Status, type ClientError } from 'nice-grpc';
import {
  BadRequest,
  ErrorInfo,
  RetryInfo,
  RichClientError,
  type ErrorDetails,
} from 'nice-grpc-error-details';
import { ERROR_DOMAIN } from './encode-error.ts';
import { RemoteFault } from './remote-fault.ts';
import { kindOfStatusCode } from './status-table.ts';

/** The SipfError that a server threw, from status and details; a {@link RemoteFault} for a server's own failure. */
export function decodeError(error: ClientError): SipfError | RemoteFault {
  const { code, details, path } = error;
  if (isConnectionLost(error)) {
    return new SipfError('unavailable', `${path}: connection lost`, {
      reason: 'CONNECTION_LOST',
      cause: error,
    });
  }
  if (isTooLarge(error)) return tooLarge(error);
  const info = errorInfoOf(error);
  const kind = kindOfStatusCode(code);
  if (kind === undefined)
    return new RemoteFault(path, { code, details, errorId: info?.metadata['error_id'] });
  return new SipfError(kind, details, optionsOf(error, info));
}

/** Whether a retry may succeed: the server is unavailable, or gave a retry hint. */
export function isRetryable(error: ClientError): boolean {
  if (error.code === Status.UNAVAILABLE || isConnectionLost(error)) return true;
  return error.code === Status.RESOURCE_EXHAUSTED && retryAfterMsOf(error) !== undefined;
}

/** The server's retry hint, in milliseconds. */
export function retryAfterMsOf(error: ClientError): number | undefined {
  const delay = detailsOf(error).find(isRetryInfo)?.retryDelay;
  return delay === undefined ? undefined : delay.seconds * 1000 + delay.nanos / 1_000_000;
}

function optionsOf(error: ClientError, info: ErrorInfo | undefined): SipfErrorOptions {
  const retryAfterMs = retryAfterMsOf(error);
  return {
    reason: info?.reason ?? Status[error.code],
    violations: detailsOf(error).find(isBadRequest)?.fieldViolations ?? [],
    metadata: info?.metadata ?? {},
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** grpc-js reports a peer that died during a call as INTERNAL, without any details of the server. */
function isConnectionLost(error: ClientError): boolean {
  return (
    error.code === Status.INTERNAL &&
    errorInfoOf(error) === undefined &&
    /RST_STREAM|without gRPC status|ECONNRESET|EPIPE/.test(error.details)
  );
}

/** grpc-js refuses a message over its own end's limit before any handler sees it, without details. */
function isTooLarge({ code, details }: ClientError): boolean {
  return code === Status.RESOURCE_EXHAUSTED && /^Received message .*larger than /.test(details);
}

function tooLarge(error: ClientError): SipfError {
  const message =
    `${error.path}: a message is larger than its receiver takes (${error.details}): send less at once, ` +
    'or give the service a larger --max-request-bytes';
  return new SipfError('resource-exhausted', message, { reason: 'MESSAGE_TOO_LARGE', cause: error });
}

function detailsOf(error: ClientError): readonly ErrorDetails[] {
  return error instanceof RichClientError ? error.extra : [];
}

function errorInfoOf(error: ClientError): ErrorInfo | undefined {
  return detailsOf(error).find(
    (detail): detail is ErrorInfo => detail.$type === ErrorInfo.$type && detail.domain === ERROR_DOMAIN,
  );
}

function isRetryInfo(detail: ErrorDetails): detail is RetryInfo {
  return detail.$type === RetryInfo.$type;
}

function isBadRequest(detail: ErrorDetails): detail is BadRequest {
  return detail.$type === BadRequest.$type;
}
