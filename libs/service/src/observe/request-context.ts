import type { Metadata } from 'nice-grpc';
import { AsyncLocalStorage } from 'node:async_hooks';
import { formatTraceparent, newId, parseTraceparent, type TracePosition } from './traceparent.ts';

/** The work that a call is part of; sent in metadata and logged in every line of the call. */
export interface RequestContext extends TracePosition {
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
 * Runs `work` so that its log lines and outgoing calls carry `context`. Without a trace in `context`, the trace of the current
 * work continues; outside of any, a trace id is generated.
 */
export function withRequestContext<T>(
  context: Omit<RequestContext, 'traceId'> & { readonly traceId?: string },
  work: () => T,
): T {
  const { traceId } = context;
  if (traceId !== undefined) return storage.run({ ...context, traceId }, work);
  return storage.run({ ...tracePositionOf(storage.getStore()), ...context }, work);
}

function tracePositionOf(context: RequestContext | undefined): TracePosition {
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

/** Adds the context to an outgoing call's metadata; keeps the caller's own entries. */
export function writeRequestContext(context: RequestContext, metadata: Metadata): void {
  const set = (key: string, value: string | undefined): void => {
    if (value !== undefined && !metadata.has(key)) metadata.set(key, value);
  };
  set(RUN_ID_KEY, context.runId);
  set(ITERATION_KEY, context.iteration?.toString());
  set(TRACE_KEY, formatTraceparent(context));
}

/** The `traceparent` header of the current work, for other protocols than gRPC; undefined outside of any. */
export function currentTraceparent(): string | undefined {
  const context = storage.getStore();
  return context === undefined ? undefined : formatTraceparent(context);
}
