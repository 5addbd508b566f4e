import { AsyncLocalStorage } from 'node:async_hooks';
import type { Metadata } from 'nice-grpc';
import { formatTraceparent, newId, parseTraceparent, type TracePlace } from './traceparent.ts';

/** Whose work a call is part of; it travels in metadata and stands in every log line of the call. */
export interface RequestContext extends TracePlace {
  readonly runId?: string;
  readonly iteration?: number;
}

const RUN_ID_KEY = 'sipf-run-id';
const ITERATION_KEY = 'sipf-iteration';
const TRACE_KEY = 'traceparent';

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the call being handled, or undefined outside of any. */
export function currentRequestContext(): RequestContext | undefined {
  return storage.getStore();
}

/**
 * Runs `work` so that its log lines and outgoing calls carry `context`. Where it names no trace, the one of the work in
 * hand goes on, and outside of any a trace id is made up.
 */
export function withRequestContext<T>(
  context: Omit<RequestContext, 'traceId'> & { readonly traceId?: string },
  work: () => T,
): T {
  const { traceId } = context;
  if (traceId !== undefined) return storage.run({ ...context, traceId }, work);
  return storage.run({ ...tracePlaceOf(storage.getStore()), ...context }, work);
}

function tracePlaceOf(context: RequestContext | undefined): TracePlace {
  if (context === undefined) return { traceId: newId(16) };
  const { traceId, spanId } = context;
  return spanId === undefined ? { traceId } : { traceId, spanId };
}

/** Reads the context of an incoming call; malformed values are dropped, never trusted into a log line. */
export function readRequestContext(metadata: Metadata): RequestContext {
  const runId = /^[a-z0-9-]{1,64}$/.exec(metadata.get(RUN_ID_KEY) ?? '')?.[0];
  const iteration = /^\d{1,6}$/.exec(metadata.get(ITERATION_KEY) ?? '')?.[0];
  return {
    ...(parseTraceparent(metadata.get(TRACE_KEY)) ?? { traceId: newId(16) }),
    ...(runId === undefined ? {} : { runId }),
    ...(iteration === undefined ? {} : { iteration: Number(iteration) }),
  };
}

/** Adds the context to an outgoing call's metadata; what the caller has set itself stays. */
export function writeRequestContext(context: RequestContext, metadata: Metadata): void {
  const set = (key: string, value: string | undefined): void => {
    if (value !== undefined && !metadata.has(key)) metadata.set(key, value);
  };
  set(RUN_ID_KEY, context.runId);
  set(ITERATION_KEY, context.iteration?.toString());
  set(TRACE_KEY, formatTraceparent(context));
}

/** The `traceparent` header of the work in hand, for what does not travel by gRPC; undefined outside of any. */
export function currentTraceparent(): string | undefined {
  const context = storage.getStore();
  return context === undefined ? undefined : formatTraceparent(context);
}
