import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { SipfError } from '@sipf/errors';
import { HealthDefinition } from 'nice-grpc-server-health';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { collect } from '../testing/streams.ts';
import { currentRequestContext, currentTraceparent, withRequestContext } from './request-context.ts';
import { startTracingInto } from './start-tracing.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';
import { traced } from './tracing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const running: RunningEcho[] = [];
let exporter: InMemorySpanExporter;
let endTracing: () => Promise<void>;

beforeEach(async () => {
  exporter = new InMemorySpanExporter();
  endTracing = await startTracingInto(new SimpleSpanProcessor({ exporter }), { name: 'echo' });
});
afterEach(async () => {
  await endTracing();
  for (const echo of running.splice(0)) await echo.stop();
});

async function start(options: Parameters<typeof startEcho>[0] = {}): Promise<RunningEcho> {
  const echo = await startEcho(options);
  running.push(echo);
  return echo;
}

/** Waits for `count` finished spans, parents first: a server's span ends after its caller has the answer. */
async function spans(count: number): Promise<ReadableSpan[]> {
  await expect.poll(() => exporter.getFinishedSpans().length).toBe(count);
  const all = exporter.getFinishedSpans();
  const depth = (span: ReadableSpan | undefined): number =>
    span === undefined ? 0 : 1 + depth(all.find((other) => idOf(other) === parentOf(span)));
  // Spans of one call may start in the same millisecond, so that their times alone do not order them.
  return [...all].sort(
    (a, b) => depth(a) - depth(b) || a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1],
  );
}

const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;

it('makes one trace of a call that goes through two services, each span the child of the one before', async () => {
  const next = await start();
  const first = await start({ handlers: { unary: (request) => next.client.unary(request) } });
  await withRequestContext({ runId: 'run-7', iteration: 2, traceId: TRACE }, () =>
    traced({ name: 'stage sample' }, () => first.client.unary({})),
  );
  const [stage, ...calls] = await spans(5);
  expect(stage).toMatchObject({ name: 'stage sample', parentSpanContext: undefined });
  expect(stage?.attributes).toMatchObject({ 'sipf.run_id': 'run-7', 'sipf.iteration': 2 });
  expect(calls.map(({ kind }) => kind)).toEqual([
    SpanKind.CLIENT,
    SpanKind.SERVER,
    SpanKind.CLIENT,
    SpanKind.SERVER,
  ]);
  [stage, ...calls].forEach((span, index, all) => {
    expect(span?.spanContext().traceId).toBe(TRACE);
    expect(parentOf(span)).toBe(idOf(all[index - 1]));
  });
  expect(calls[0]?.attributes).toMatchObject({
    'rpc.service': 'sipf.testing.v1.EchoService',
    'rpc.method': 'Unary',
    'rpc.grpc.status_code': 0,
  });
});

it('puts the span of the call into its log lines, and ends the span of a stream with the stream', async () => {
  const { client, logs } = await start({
    handlers: {
      async *serverStream(request, { log }) {
        yield await Promise.resolve(request);
        expect(exporter.getFinishedSpans()).toEqual([]);
        log.info('half-way');
      },
    },
  });
  await collect(client.serverStream({}));
  const [span] = await spans(1);
  const line = logs.find(({ msg }) => msg === 'half-way');
  expect(line).toMatchObject({ traceId: span?.spanContext().traceId, spanId: idOf(span) });
});

it('marks faults of the server as errors, but not those of the caller', async () => {
  const failures = [new Error('secret'), new SipfError('invalid-argument', 'secret', { reason: 'X' })];
  const { client } = await start({
    handlers: { unary: () => Promise.reject(failures.shift() ?? new Error('one call too many')) },
  });
  await client.unary({}).catch(() => undefined);
  await client.unary({}).catch(() => undefined);
  const [fault, refusal] = await spans(2);
  expect(fault?.status.code).toBe(SpanStatusCode.ERROR);
  expect(fault?.attributes['rpc.grpc.status_code']).toBe(13);
  expect(refusal?.status.code).toBe(SpanStatusCode.UNSET);
  expect(refusal?.attributes['rpc.grpc.status_code']).toBe(3);
  expect(JSON.stringify([fault?.attributes, refusal?.attributes])).not.toContain('secret');
});

it('opens no spans for health checks, and none once it has ended', async () => {
  const { client, address } = await start();
  using health = createClient(HealthDefinition, address);
  await health.check({ service: '' });
  await endTracing();
  await client.unary({});
  await withRequestContext({}, () => traced({ name: 'work' }, () => Promise.resolve()));
  expect(exporter.getFinishedSpans()).toEqual([]);
});

it('keeps whole traces, by their ids', async () => {
  await endTracing();
  exporter = new InMemorySpanExporter();
  endTracing = await startTracingInto(new SimpleSpanProcessor({ exporter }), { name: 'echo' }, 0.5);
  for (const digit of '0123456789abcdef') {
    const traceId = `${digit}${'1'.repeat(31)}`;
    const twice = () => traced({ name: 'inner' }, () => Promise.resolve());
    await withRequestContext({ traceId }, () => traced({ name: 'outer' }, twice));
  }
  const kept = exporter.getFinishedSpans().map((span) => span.spanContext().traceId);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(32);
  for (const traceId of kept) expect(kept.filter((other) => other === traceId)).toHaveLength(2);
});

it('writes a position to a header and reads it back, and drops malformed headers', async () => {
  const position = { traceId: TRACE, spanId: '00f067aa0ba902b7' };
  expect(parseTraceparent(formatTraceparent(position))).toEqual(position);
  const header = await withRequestContext(position, () => Promise.resolve(currentTraceparent()));
  expect(header).toBe(`00-${TRACE}-00f067aa0ba902b7-01`);
  expect(currentTraceparent()).toBeUndefined();
  for (const wrong of [
    '',
    '00-zz-1-1',
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
  ])
    expect(parseTraceparent(wrong)).toBeUndefined();
  withRequestContext(position, () => {
    withRequestContext({ runId: 'r' }, () => {
      expect(currentRequestContext()).toEqual({ ...position, runId: 'r' });
    });
  });
});
