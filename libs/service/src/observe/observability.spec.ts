import { Metadata } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { closeSync, existsSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { startEcho, type RunningEcho } from '../testing/start-echo.ts';
import { collect } from '../testing/streams.ts';
import { createLogger, patientLines } from './logger.ts';
import { plainLines } from './plain-lines.ts';
import { currentRequestContext, withRequestContext } from './request-context.ts';

let echo: RunningEcho | undefined;
afterEach(async () => {
  await echo?.stop();
  echo = undefined;
});

const context = { runId: 'run-7', iteration: 2, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };

it('carries run id, iteration and trace id into every log line of a call, across awaits and yields', async () => {
  echo = await startEcho({
    handlers: {
      async *serverStream(request, { log }) {
        log.info('before the first');
        yield request;
        await sleep(1);
        log.info('after an await');
        yield request;
        log.info({ seen: currentRequestContext() }, 'at the end');
      },
    },
  });
  const { client, logs } = echo;
  await withRequestContext(context, () => collect(client.serverStream({})));
  const lines = logs.filter(({ method }) => method === '/sipf.testing.v1.EchoService/ServerStream');
  expect(lines.map(({ msg }) => msg)).toEqual(['before the first', 'after an await', 'at the end']);
  for (const line of lines) expect(line).toMatchObject({ service: 'echo', ...context });
  expect(lines[2]).toMatchObject({ seen: context });
});

it('keeps the contexts of calls apart that run at the same time', async () => {
  echo = await startEcho({
    handlers: {
      unary: async () => {
        await sleep(5);
        return { mediaType: String(currentRequestContext()?.runId) };
      },
    },
  });
  const { client } = echo;
  const runIds = Array.from({ length: 20 }, (_, run) => `run-${run}`);
  const answers = await Promise.all(
    runIds.map((runId) => withRequestContext({ runId }, () => client.unary({}))),
  );
  expect(answers.map(({ mediaType }) => mediaType)).toEqual(runIds);
});

it('passes the trace through a service to the next one', async () => {
  const next = await startEcho({
    handlers: { unary: () => Promise.resolve({ mediaType: String(currentRequestContext()?.traceId) }) },
  });
  echo = await startEcho({ handlers: { unary: (request) => next.client.unary(request) } });
  const { client } = echo;
  const answer = await withRequestContext(context, () => client.unary({}));
  expect(answer.mediaType).toBe(context.traceId);
  await next.stop();
});

it('drops malformed context and generates a trace id', async () => {
  echo = await startEcho({
    handlers: { unary: () => Promise.resolve({ mediaType: JSON.stringify(currentRequestContext()) }) },
  });
  const metadata = Metadata({ 'sipf-run-id': '../../etc', 'sipf-iteration': '-1', traceparent: '00-zz-1-1' });
  const { mediaType } = await echo.client.unary({}, { metadata });
  expect(JSON.parse(mediaType)).toEqual({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
});

it('counts calls by method and status, and reports the event loop delay', async () => {
  echo = await startEcho({ handlers: { unary: () => Promise.reject(new Error('boom')) } });
  await echo.client.unary({}).catch(() => undefined);
  await echo.client.idempotent({});
  const text = await (await fetch(`http://${String(echo.metricsAddress)}/metrics`)).text();
  expect(text).toMatch(/grpc_server_handled_total\{.*grpc_method="Unary".*grpc_code="INTERNAL"\} 1/);
  expect(text).toMatch(/grpc_server_handled_total\{.*grpc_method="Idempotent".*grpc_code="OK"\} 1/);
  expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds \d/);
  expect(text).toMatch(/process_resident_memory_bytes \d/);
});

it('answers health checks by gRPC and by HTTP, for the whole and for each service', async () => {
  echo = await startEcho();
  const healthUrl = `http://${String(echo.metricsAddress)}/healthz`;
  using health = createClient(HealthDefinition, echo.address);
  await expect(health.check({ service: 'sipf.testing.v1.EchoService' })).resolves.toEqual({ status: 1 });
  expect((await fetch(healthUrl)).status).toBe(200);
  echo.service.setServing(false);
  await expect(health.check({ service: '' })).resolves.toEqual({ status: 2 });
  expect((await fetch(healthUrl)).status).toBe(503);
  await expect(health.check({ service: 'no.such.Service' })).rejects.toMatchObject({ kind: 'not-found' });
  expect((await fetch(`http://${String(echo.metricsAddress)}/other`)).status).toBe(404);
});

it('ends health watches when it stops, after a last status', async () => {
  const running = await startEcho({ settings: { drainMs: 600_000 } });
  using health = createClient(HealthDefinition, running.address);
  const seen: number[] = [];
  const watching = (async () => {
    for await (const { status } of health.watch({ service: '' })) {
      seen.push(status);
      if (seen.length === 1) void running.stop();
    }
  })();
  await expect(watching).rejects.toMatchObject({ kind: 'unavailable' });
  expect(seen).toEqual([1, 2]);
});

it('keeps secrets out of the log', () => {
  const lines: string[] = [];
  const logger = createLogger({ service: 'x', destination: { write: (line) => lines.push(line) } });
  logger.info(
    { token: 's3cret', request: { password: 's3cret', inner: { apiKey: 's3cret' } }, kept: 1 },
    'hello',
  );
  expect(lines[0]).not.toContain('s3cret');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    token: '[redacted]',
    kept: 1,
    level: 'info',
    msg: 'hello',
  });
});

it('writes plain lines for people, without control characters from data', () => {
  const written: string[] = [];
  const logger = createLogger({
    service: 'x',
    destination: plainLines({ write: (text: string) => written.push(text) > 0 }),
  });
  logger.warn({ paths: 3, text: '\u001b[31mred' }, 'short of paths');
  logger.error({ err: new Error('boom') }, 'failed');
  expect(written[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}x: short of paths paths=3 text=red\n$/);
  expect(written[1]).toContain('x: failed\nError: boom\n    at ');
});

it.skipIf(!existsSync('/dev/full'))('continues where a full disk takes no line', () => {
  const descriptor = openSync('/dev/full', 'w');
  const logger = createLogger({ service: 'x', destination: patientLines(descriptor) });
  for (let line = 0; line < 3; line++) logger.info('lost');
  closeSync(descriptor);
});
