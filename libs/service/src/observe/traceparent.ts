import { randomBytes } from 'node:crypto';

/** The position of some work in a trace: the trace, and the span that it is part of. */
export interface TracePosition {
  /** 32 hexadecimal digits: the W3C trace id. */
  readonly traceId: string;
  /** 16 hexadecimal digits; absent without an open span. */
  readonly spanId?: string;
}

/** The W3C `traceparent` header of a position; generates a span id where there is none. */
export function formatTraceparent({ traceId, spanId = newId(8) }: TracePosition): string {
  return `00-${traceId}-${spanId}-01`;
}

/** The position in a `traceparent` header; undefined for a malformed one, which must never reach a log line. */
export function parseTraceparent(header: string | undefined): Required<TracePosition> | undefined {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) ? undefined : { traceId, spanId };
}

/** A random id of `bytes` bytes, in hexadecimal digits. */
export function newId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
