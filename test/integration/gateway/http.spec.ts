import { verification } from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectNoPaths } from '../../support/calls.ts';
import { randomVerifier, temporaryFolder, writeModel } from '../../support/models.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const row = { id: 'a', question: '1+1', steps: ['<<1+1=2>>', '#### 2'] };
let verifier: RunningProgram;
let gateway: RunningProgram;

beforeAll(async () => {
  const model = await writeModel(folder.path, 'verifier', randomVerifier('gateway'));
  verifier = await startProgram('verification', ['--model', model]);
  const limits = ['--max-request-bytes', '100000'];
  gateway = await startProgram('gateway', ['--verification', verifier.address, ...limits]);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await verifier[Symbol.asyncDispose]();
  folder.remove();
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://${gateway.address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

interface Failure {
  readonly error: {
    readonly kind: string;
    readonly reason: string;
    readonly message: string;
    readonly violations: { field: string }[];
  };
}

async function failureOf(response: Response): Promise<Failure['error'] & { readonly status: number }> {
  const text = await response.text();
  expectNoPaths(text);
  return { status: response.status, ...(JSON.parse(text) as Failure).error };
}

/** Events of a stream as [name, data]. */
function eventsOf(text: string): [string, Record<string, unknown>][] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const fields = new Map(event.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      return [fields.get('event') ?? '', JSON.parse(fields.get('data') ?? 'null') as Record<string, unknown>];
    });
}

it('answers what gRPC answers, every number of it', async () => {
  using client = createClient(verification.VerificationServiceDefinition, verifier.address);
  const { scores, model } = await client.score({ rows: [row] });
  const response = await post('/v1/verification/score', { rows: [row] });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as { scores: { steps: object }[]; model: object };
  expect(answer.model).toEqual(model);
  const [first] = scores;
  if (first?.result?.$case !== 'steps') throw new Error('no scores');
  const { probabilities, aggregates, logOdds } = first.result.value;
  expect(answer.scores).toEqual([
    {
      id: 'a',
      steps: { probabilities, aggregates, steps: [], outcomeProbabilities: [], logOdds, outcomeLogOdds: [] },
    },
  ]);
});

it('understands the proto’s words: enums, wanted aggregates, a text with its rule', async () => {
  const response = await post('/v1/verification/score', {
    rows: [{ question: '1+1', text: '<<1+1=2>>\n\n#### 2' }],
    splitting: { rule: 'STEP_RULE_BLANK_LINE' },
    aggregations: ['AGGREGATION_MIN'],
  });
  const { scores } = (await response.json()) as {
    scores: { steps: { steps: string[]; aggregates: object } }[];
  };
  expect(scores[0]?.steps.steps).toEqual(['<<1+1=2>>', '#### 2']);
  expect(Object.keys(scores[0]?.steps.aggregates ?? {})).toEqual(['min']);
});

it.each([
  [
    'what the service refuses',
    { rows: [] },
    { status: 400, reason: 'INVALID_FIELD', violations: [{ field: 'rows' }] },
  ],
  [
    'a field that there is not',
    { rows: [], x: 1 },
    { status: 400, reason: 'INVALID_FIELD', kind: 'invalid-argument' },
  ],
  [
    'a field of another type',
    { rows: [{ question: 3 }] },
    { status: 400, violations: [{ field: 'rows[0].question' }] },
  ],
  ['what is not JSON', '{', { status: 400, reason: 'INVALID_FIELD' }],
  ['a body that is too large', { rows: [{ question: 'x'.repeat(200_000) }] }, { status: 413 }],
  [
    'a model that is not there',
    { rows: [row], model: { digest: `sha256:${'0'.repeat(64)}` } },
    { status: 400, reason: 'MODEL_NOT_LOADED' },
  ],
])('says of %s what gRPC would say, and keeps serving', async (_what, body, expected) => {
  expect(await failureOf(await post('/v1/verification/score', body))).toMatchObject(expected);
  expect((await post('/v1/verification/score', { rows: [row] })).status).toBe(200);
});

it.each<[string, object | string, string]>([
  ['an enum’s word', { priority: 'PRIORITY_NONE' }, 'priority'],
  ['an enum’s number', { priority: 77 }, 'priority'],
  ['one below zero', { long_path: -1 }, 'long_path'],
  ['one in a list', { aggregations: ['AGGREGATION_MIN', 9] }, 'aggregations[1]'],
  ['a word in a list', { aggregations: ['AGGREGATION_MEDIAN'] }, 'aggregations[0]'],
  ['no word in a list', { aggregations: ['AGGREGATION_UNSPECIFIED'] }, 'aggregations[0]'],
  ['one within', { splitting: { rule: 12 } }, 'splitting.rule'],
  ['a word within', { splitting: { rule: 'STEP_RULE_WORD' } }, 'splitting.rule'],
  ['which verifiers', { verifiers: 4 }, 'verifiers'],
  ['a number for a text', { clientId: 5 }, 'client_id'],
  ['a text for a list', { rows: 'x' }, 'rows'],
  ['half a surrogate pair', '{"rows": [{"question": "\\ud800", "steps": ["2"]}]}', 'rows[0].question'],
  ['a deep list', `{"rows": ${'['.repeat(40_000)}${']'.repeat(40_000)}}`, 'rows[0]'],
  ['more rows than may be', { rows: Array.from({ length: 20_000 }, () => ({})) }, 'rows'],
  [
    'more steps than may be',
    { rows: [row, { steps: Array.from({ length: 5000 }, () => '') }] },
    'rows[1].steps',
  ],
  ['a field that there is not', { rows: [row], extra: { a: 1 } }, 'extra'],
])('names the field of what is none of its values: %s', async (_what, change, field) => {
  const body = typeof change === 'string' ? change : { rows: [row], ...change };
  const failure = await failureOf(await post('/v1/verification/score', body));
  expect(failure).toMatchObject({ status: 400, reason: 'INVALID_FIELD' });
  expect(failure.violations.map((violation) => violation.field)).toContain(field);
});

it('reads plain JSON in UTF-8 alone, and says which methods a path has', async () => {
  const packed = { 'content-encoding': 'gzip' };
  expect((await failureOf(await post('/v1/verification/score', { rows: [row] }, packed))).status).toBe(415);
  const lines = { 'content-type': 'application/x-ndjson' };
  expect((await failureOf(await post('/v1/verification/score', { rows: [row] }, lines))).status).toBe(415);
  const plain = { 'content-type': 'text/plain' };
  expect((await failureOf(await post('/v1/verification/score', 'x', plain))).status).toBe(415);
  const got = await fetch(`http://${gateway.address}/v1/verification/score`);
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  expect(await failureOf(got)).toMatchObject({ kind: 'not-found', reason: 'PATH_NOT_FOUND' });
});

it('refuses other paths, media types and deadlines', async () => {
  expect(await failureOf(await post('/v1/nothing', {}))).toMatchObject({ status: 404 });
  const text = await post('/v1/verification/score', '1', { 'content-type': 'text/csv' });
  expect((await failureOf(text)).status).toBe(415);
  const deadline = await post('/v1/verification/score', { rows: [row] }, { 'x-deadline-ms': 'soon' });
  expect(await failureOf(deadline)).toMatchObject({ status: 400, violations: [{ field: 'x-deadline-ms' }] });
});

it('streams: a line a request, an event an answer, in order, and an end', async () => {
  const lines = [1, 3, 2].map((size) =>
    JSON.stringify({ request: { rows: Array.from({ length: size }, () => row) } }),
  );
  const response = await post('/v1/verification/score-stream', lines.join('\n'), {
    'content-type': 'application/x-ndjson',
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events = eventsOf(await response.text());
  expect(events.map(([name]) => name)).toEqual(['answer', 'answer', 'answer', 'end']);
  const sizes = events
    .slice(0, 3)
    .map(([, data]) => (data['response'] as { scores: unknown[] }).scores.length);
  expect(sizes).toEqual([1, 3, 2]);
});

it('ends a stream with its error, after the answers before it', async () => {
  const lines = [{ request: { rows: [row] } }, { request: { rows: [] } }].map((line) => JSON.stringify(line));
  const response = await post('/v1/verification/score-stream', lines.join('\n'), {
    'content-type': 'application/x-ndjson',
  });
  const events = eventsOf(await response.text());
  expect(events.map(([name]) => name)).toEqual(['answer', 'error']);
  expect(events[1]?.[1]).toMatchObject({ status: 400, error: { reason: 'INVALID_FIELD' } });
});

it('describes itself: the document of its paths, health, info, metrics', async () => {
  const get = async (url: string) => (await fetch(url)).text();
  const document = JSON.parse(await get(`http://${gateway.address}/openapi.json`)) as { openapi: string };
  expect(document.openapi).toBe('3.1.0');
  expect(JSON.parse(await get(`http://${gateway.address}/healthz`))).toEqual({ status: 'serving' });
  const info = JSON.parse(await get(`http://${gateway.address}/v1/verification/info`)) as {
    verifiers: object[];
  };
  expect(info.verifiers).toMatchObject([{ format: 'sipf' }]);
  expect(await get(`${gateway.metricsUrl}/metrics`)).toContain(
    'http_request_seconds_count{route="/v1/verification/score"',
  );
  expect(await get(`${gateway.metricsUrl}/healthz`)).toBe('serving\n');
});

it('is not disturbed by callers that go away', async () => {
  const rows = Array.from({ length: 500 }, () => row);
  const callers = Array.from({ length: 20 }, async (_, at) => {
    const signal = AbortSignal.timeout(1 + 3 * at);
    const body = JSON.stringify({ rows });
    const headers = { 'content-type': 'application/json' };
    await fetch(`http://${gateway.address}/v1/verification/score`, {
      method: 'POST',
      headers,
      body,
      signal,
    }).catch(() => undefined);
  });
  await Promise.all(callers);
  await setTimeout(50);
  expect((await post('/v1/verification/score', { rows: [row] })).status).toBe(200);
});

it('answers 503 where no service is behind it, and does not listen in clear text beyond this machine', async () => {
  await using lonely = await startProgram('gateway', ['--verification', '127.0.0.1:1']);
  const response = await fetch(`http://${lonely.address}/healthz`);
  expect(await failureOf(response)).toMatchObject({
    kind: expect.stringMatching(/unavailable|deadline/) as string,
  });
  expect(response.status).toBeGreaterThanOrEqual(503);
  const flags = ['--verification', '127.0.0.1:1', '--address', '0.0.0.0:0'];
  const { status, log } = await runProgram('gateway', flags);
  expect([status, log.includes('INSECURE_ADDRESS')]).toEqual([69, true]);
});
