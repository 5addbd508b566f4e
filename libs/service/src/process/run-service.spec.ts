import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { createClient } from '../client/create-client.ts';
import { waitForReady } from '../client/wait-for-ready.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { startProcess, type EchoProcess } from '../testing/start-process.ts';

const running: EchoProcess[] = [];
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

function start(flags: readonly string[], env?: Record<string, string>): EchoProcess {
  const echo = startProcess(flags, env);
  running.push(echo);
  return echo;
}

async function addressOf(echo: EchoProcess): Promise<string> {
  return String((await echo.listening)?.['address']);
}

it('prints its address in one line, answers, and exits with 0 on SIGTERM', async () => {
  const echo = start(['--greeting=good day'], { SIPF_GREETING: 'not this', SIPF_LOG_LEVEL: 'debug' });
  expect(await echo.listening).toEqual({
    event: 'listening',
    service: 'echo',
    address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
    metrics: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
  });
  const address = await addressOf(echo);
  await waitForReady(address);
  using client = createClient(EchoServiceDefinition, address);
  await expect(client.unary({ mediaType: 'you' })).resolves.toMatchObject({ mediaType: 'good day you' });
  echo.child.kill('SIGTERM');
  const { status, log } = await echo.ended;
  expect(status).toBe(0);
  expect(log).toContain('"msg":"stopped"');
});

it('reports all wrong settings and exits with 64', async () => {
  const flags = ['--drain-ms', 'soon', '--greting', 'hi', '--tls-key-file', 'key'];
  const { status, log } = await start(flags, { SIPF_GREETING: 'x' }).ended;
  expect(status).toBe(64);
  expect(log).toContain('--drain-ms (SIPF_DRAIN_MS): ');
  expect(log).toContain('--greting: is unknown; known are --greeting');
  expect(log).toContain('--greeting (SIPF_GREETING): must have 3 characters or more');
});

it('prints its settings on --help, and starts nothing', () => {
  const program = fileURLToPath(new URL('../testing/echo-main.ts', import.meta.url));
  // Would throw for another status than 0.
  const text = execFileSync(process.execPath, [program, '--greeting', 'x', '--help'], { encoding: 'utf8' });
  expect(text).toMatch(/^echo: Repeats what/);
  expect(text).toMatch(/^ {2}--greeting <text> +The first word of the answer\. \(default: hello\)$/m);
  expect(text).toMatch(/^ {2}--address <host:port> +host:port to listen on/m);
});

it('wants both halves of a certificate', async () => {
  const { status, log } = await start(['--tls-key-file', 'key']).ended;
  expect(status).toBe(64);
  expect(log).toContain('TLS needs both a certificate and its key');
});

it.each([
  ['start', 69, 'the model is not here'],
  ['bug', 70, 'a bug'],
  ['uncaught', 70, 'unhandled on purpose'],
])('ends a failure of kind %s with %i and the reason in the log', async (failure, expected, reason) => {
  const { status, log } = await start(['--failure', failure]).ended;
  expect(status).toBe(expected);
  expect(log).toContain(reason);
});

it('refuses an unsafe address before it is built', async () => {
  const { status, log } = await start(['--failure=start', '--address=0.0.0.0:0']).ended;
  expect(status).toBe(69);
  expect(log).toContain('refusing to listen on 0.0.0.0 without TLS');
});

it('exits with 69 when its port is taken', async () => {
  const address = await addressOf(start([]));
  const { status, log } = await start(['--address', address]).ended;
  expect(status).toBe(69);
  expect(log).toContain(address);
});

it('stops with its parent where a flag wants it', async () => {
  const echo = start(['--exit-with-parent']);
  await echo.listening;
  echo.child.stdin?.end();
  expect((await echo.ended).status).toBe(0);
});

it('fails a call in flight as unavailable when the process is killed', async () => {
  const echo = start([]);
  using client = createClient(EchoServiceDefinition, await addressOf(echo));
  await client.idempotent({});
  const call = client.unary({ mediaType: 'wait' }).catch((error: unknown) => error);
  await client.idempotent({});
  echo.child.kill('SIGKILL');
  expect(await call).toMatchObject({ name: 'SipfError', kind: 'unavailable' });
});

it('is reachable by the same client after a restart', async () => {
  const first = start([]);
  const address = await addressOf(first);
  using client = createClient(EchoServiceDefinition, address, { retry: { attempts: 1000, maxDelayMs: 200 } });
  await client.idempotent({});
  first.child.kill('SIGKILL');
  await first.ended;
  const call = client.idempotent({ mediaType: 'again' });
  await start(['--address', address]).listening;
  await expect(call).resolves.toMatchObject({ mediaType: 'again' });
});

it('sends its spans to the collector that the environment names, the last ones when it stops', async () => {
  const received: unknown[] = [];
  const collector = createServer((request, response) => {
    void json(request).then((body) => {
      received.push({ path: request.url, body });
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await once(collector.listen(0, '127.0.0.1'), 'listening');
  const { port } = collector.address() as AddressInfo;
  const echo = start([], { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  using client = createClient(EchoServiceDefinition, await addressOf(echo));
  await client.unary({ mediaType: 'you' });
  echo.child.kill('SIGTERM');
  expect((await echo.ended).status).toBe(0);
  collector.close();
  expect(received).toHaveLength(1);
  const sent = JSON.stringify(received[0]);
  expect(sent).toContain('"/v1/traces"');
  expect(sent).toContain('"sipf.testing.v1.EchoService/Unary"');
  expect(sent).toContain('{"key":"service.name","value":{"stringValue":"echo"}}');
});

it('still stops when the collector is unreachable', async () => {
  const echo = start([], { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  using client = createClient(EchoServiceDefinition, await addressOf(echo));
  await client.unary({ mediaType: 'you' });
  echo.child.kill('SIGTERM');
  expect((await echo.ended).status).toBe(0);
});
