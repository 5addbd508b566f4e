import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { ClientError, ServerError, Status, type MethodDescriptor } from 'nice-grpc-common';
import type { RequestContext } from './request-context.ts';
import { startSpan } from './tracing.ts';

/** Statuses that are the server's fault rather than the caller's. */
const SERVER_FAULTS: ReadonlySet<Status> = new Set([
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.UNIMPLEMENTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
]);

/** The span of a gRPC call, named by OpenTelemetry's conventions; probes and reflection have none. */
export function startCallSpan(
  context: RequestContext,
  { path }: Pick<MethodDescriptor, 'path'>,
  kind: 'server' | 'client',
): Span | undefined {
  const [, service = '', method = ''] = path.split('/');
  if (service.startsWith('grpc.')) return undefined;
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
  return startSpan(context, { name: `${service}/${method}`, kind, attributes });
}

/** Ends the span with the call's status; `error` is the call's error, if any. */
export function endCallSpan(span: Span | undefined, kind: 'server' | 'client', error?: unknown): void {
  if (span === undefined) return;
  const code = statusOf(error);
  span.setAttribute('rpc.grpc.status_code', code);
  const isFault = kind === 'client' ? code !== Status.OK : SERVER_FAULTS.has(code);
  if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function statusOf(error: unknown): Status {
  if (error === undefined) return Status.OK;
  if (error instanceof ServerError || error instanceof ClientError) return error.code;
  return error instanceof Error && error.name === 'AbortError' ? Status.CANCELLED : Status.UNKNOWN;
}
