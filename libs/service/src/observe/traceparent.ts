import { randomBytes } from 'node:crypto';

/** The place in a trace that some work has: its trace, and the span that it is part of. */
export interface TracePlace {
  /** 32 hexadecimal digits: the W3C trace id. */
  readonly traceId: string;
  /** 16 hexadecimal digits; absent where nobody has opened a span. */
  readonly spanId?: string;
}

/** The W3C `traceparent` header of a place; a span id is made up where there is none. */
export function formatTraceparent({ traceId, spanId = newId(8) }: TracePlace): string {
  return `00-${traceId}-${spanId}-01`;
}

/** The place that a `traceparent` header names, or undefined: a malformed one is dropped, never trusted into a log line. */
export function parseTraceparent(header: string | undefined): Required<TracePlace> | undefined {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) ? undefined : { traceId, spanId };
}

/** A random id of so many bytes, in hexadecimal digits. */
export function newId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
