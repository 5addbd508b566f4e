import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { currentRequestContext } from './request-context.ts';
import { newId } from './traceparent.ts';
import { setTracer } from './tracing.ts';

/** OpenTelemetry's own variables for the endpoint of spans. */
export type TracingEnvironment = Readonly<Record<string, string | undefined>>;

/** How long sending the last spans may take when a service stops. */
const FLUSH_MS = 2000;

/**
 * Sends spans to the OTLP endpoint (HTTP, JSON) that `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`
 * names; without either nothing is loaded and nothing is traced. `OTEL_TRACES_SAMPLER_ARG` is the share of traces kept,
 * chosen by trace id, so that all services keep the same ones. Queues are bounded (2,048 spans, the rest is dropped).
 * @returns ends tracing, after sending the remaining spans or two seconds
 */
export async function startTracing(
  service: { readonly name: string; readonly version?: string },
  env: TracingEnvironment,
): Promise<() => Promise<void>> {
  const isOn = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  if (isOn === undefined || isOn === '') return () => Promise.resolve();
  const sdk = await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const processor = new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
  return await startTracingInto(processor, service, shareOf(env['OTEL_TRACES_SAMPLER_ARG']));
}

/** Sends spans to the caller's processor. @param share of the traces to keep, 0 to 1 */
export async function startTracingInto(
  processor: SpanProcessor,
  { name, version = '' }: { readonly name: string; readonly version?: string },
  share = 1,
): Promise<() => Promise<void>> {
  const { TracerProvider, TraceIdRatioBasedSampler } = await import('@opentelemetry/sdk-trace');
  const { defaultResource, resourceFromAttributes } = await import('@opentelemetry/resources');
  const own = { 'service.name': name, 'service.namespace': 'sipf', 'service.version': version };
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(own)),
    sampler: new TraceIdRatioBasedSampler(share),
    idGenerator: {
      generateTraceId: () => currentRequestContext()?.traceId ?? newId(16),
      generateSpanId: () => newId(8),
    },
    spanProcessors: [processor],
  });
  setTracer(provider.getTracer('@sipf/service'));
  return async () => {
    setTracer(undefined);
    // An unreachable collector must not delay the stop of a service.
    await Promise.race([provider.shutdown().catch(() => undefined), pause(FLUSH_MS)]);
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}

function shareOf(text: string | undefined): number {
  const share = Number(text ?? '1');
  return share >= 0 && share <= 1 ? share : 1;
}
