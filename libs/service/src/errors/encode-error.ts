import type { FieldViolation, SipfError } from '@sipf/errors';
import { Status } from 'nice-grpc';
import {
  BadRequest,
  ErrorInfo,
  RetryInfo,
  RichServerError,
  type ErrorDetails,
} from 'nice-grpc-error-details';
import { STATUS_OF_KIND } from './status-table.ts';

/** `google.rpc.ErrorInfo.domain` of every error of this system. */
export const ERROR_DOMAIN = 'sipf';

/** Details travel in trailers, which HTTP/2 peers bound, some to 8 KiB: everything is cut to stay under. Characters. */
const MAX_MESSAGE = 256;
const MAX_TEXT = 200;
const MAX_METADATA = 8;
/** Bound of all violations together, in bytes of UTF-8; the first one is always sent. */
const MAX_VIOLATION_BYTES = 3000;

/** The status and rich details (ErrorInfo, BadRequest, RetryInfo) of an error that a caller may see. */
export function encodeError(error: SipfError): RichServerError {
  const { kind, message, reason, violations, retryAfterMs, metadata } = error;
  const details: ErrorDetails[] = [
    ErrorInfo.fromPartial({
      reason: cut(reason, MAX_TEXT),
      domain: ERROR_DOMAIN,
      metadata: cutAll(metadata),
    }),
  ];
  if (violations.length > 0) details.push(BadRequest.fromPartial({ fieldViolations: cutList(violations) }));
  if (retryAfterMs !== undefined)
    details.push(RetryInfo.fromPartial({ retryDelay: toDuration(retryAfterMs) }));
  return new RichServerError(STATUS_OF_KIND[kind], cut(message, MAX_MESSAGE), details);
}

/** An unforeseen error as its caller sees it: only an id, to find in the server's log. */
export function encodeInternalError(errorId: string): RichServerError {
  return new RichServerError(Status.INTERNAL, `internal error ${errorId}`, [
    ErrorInfo.fromPartial({ reason: 'INTERNAL', domain: ERROR_DOMAIN, metadata: { error_id: errorId } }),
  ]);
}

function cutList(violations: readonly FieldViolation[]): FieldViolation[] {
  const kept: FieldViolation[] = [];
  let bytes = 0;
  for (const violation of violations) {
    const field = cut(violation.field, MAX_TEXT);
    const description = cut(violation.description, MAX_TEXT);
    bytes += Buffer.byteLength(field) + Buffer.byteLength(description);
    if (kept.length > 0 && bytes > MAX_VIOLATION_BYTES) break;
    kept.push({ field, description });
  }
  return kept;
}

function cutAll(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(metadata).slice(0, MAX_METADATA);
  return Object.fromEntries(entries.map(([key, value]) => [cut(key, MAX_TEXT), cut(value, MAX_TEXT)]));
}

/** At most `length` characters, without half a surrogate pair, on which gRPC's percent-encoding of messages fails. */
function cut(text: string, length: number): string {
  return (text.length > length ? `${text.slice(0, length - 1)}…` : text).toWellFormed();
}

function toDuration(milliseconds: number): { seconds: number; nanos: number } {
  const bounded = Math.max(0, Math.round(milliseconds));
  return { seconds: Math.floor(bounded / 1000), nanos: (bounded % 1000) * 1_000_000 };
}
