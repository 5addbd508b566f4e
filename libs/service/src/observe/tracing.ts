import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { currentRequestContext, withRequestContext, type RequestContext } from './request-context.ts';

/** The name and initial attributes of a span. */
export interface SpanOptions {
  readonly name: string;
  /** @default 'internal' */
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Few and small; never a prompt, a program or a secret. */
  readonly attributes?: Attributes;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

let tracer: Tracer | undefined;

/** Opens spans on this tracer from now on; undefined opens none, at no cost. */
export function setTracer(next: Tracer | undefined): void {
  tracer = next;
}

/** A span at the context's position, which the caller ends; undefined where tracing is off. */
export function startSpan(context: RequestContext, options: SpanOptions): Span | undefined {
  if (tracer === undefined) return undefined;
  const { name, kind = 'internal', attributes } = options;
  const { runId, iteration } = context;
  const own = {
    ...(runId === undefined ? {} : { 'sipf.run_id': runId }),
    ...(iteration === undefined ? {} : { 'sipf.iteration': iteration }),
  };
  // Without a parent the tracer requests a trace id, and gets that of the context.
  return withRequestContext(context, () =>
    tracer?.startSpan(name, { kind: KINDS[kind], attributes: { ...own, ...attributes } }, parentOf(context)),
  );
}

function parentOf({ traceId, spanId }: RequestContext): Context {
  if (spanId === undefined) return ROOT_CONTEXT;
  const parent = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** The context of work inside a span. */
export function inSpan(context: RequestContext, span: Span | undefined): RequestContext {
  return span === undefined ? context : { ...context, spanId: span.spanContext().spanId };
}

/** Runs `work` inside a new span, which ends with it; without tracing just runs it. */
export async function traced<T>(options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const context = currentRequestContext();
  if (tracer === undefined || context === undefined) return await work();
  const span = startSpan(context, options);
  try {
    return await withRequestContext(inSpan(context, span), work);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span?.end();
  }
}

/** Marks a span as failed, with the error's name but not its text, which may contain the caller's data. */
function failSpan(span: Span | undefined, error: unknown): void {
  const name = error instanceof Error ? error.name : 'unknown';
  span?.setAttribute('error.type', name).setStatus({ code: SpanStatusCode.ERROR });
}
