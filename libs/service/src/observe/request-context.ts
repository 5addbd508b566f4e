import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { Metadata } from 'nice-grpc';

/** Whose work a call is part of; it travels in metadata and stands in every log line of the call. */
export interface RequestContext {
  readonly runId?: string;
  readonly iteration?: number;
  /** 32 hexadecimal digits: the W3C trace id. */
  readonly traceId: string;
}

const RUN_ID_KEY = 'sipf-run-id';
const ITERATION_KEY = 'sipf-iteration';
const TRACE_KEY = 'traceparent';

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the call being handled, or undefined outside of any. */
export function currentRequestContext(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `work` so that its log lines and outgoing calls carry `context`; a trace id is made up where none is given. */
export function withRequestContext<T>(
  context: Omit<RequestContext, 'traceId'> & { readonly traceId?: string },
  work: () => T,
): T {
  const traceId = context.traceId ?? storage.getStore()?.traceId ?? newId(16);
  return storage.run({ ...context, traceId }, work);
}

/** Reads the context of an incoming call; malformed values are dropped, never trusted into a log line. */
export function readRequestContext(metadata: Metadata): RequestContext {
  const runId = /^[a-z0-9-]{1,64}$/.exec(metadata.get(RUN_ID_KEY) ?? '')?.[0];
  const iteration = /^\d{1,6}$/.exec(metadata.get(ITERATION_KEY) ?? '')?.[0];
  return {
    traceId: readTraceId(metadata.get(TRACE_KEY)) ?? newId(16),
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
  set(TRACE_KEY, `00-${context.traceId}-${newId(8)}-01`);
}

function readTraceId(traceparent: string | undefined): string | undefined {
  const traceId = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent ?? '')?.[1];
  return traceId === undefined || /^0+$/.test(traceId) ? undefined : traceId;
}

function newId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
