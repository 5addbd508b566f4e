import { FolderArtifactStore } from '@sipf/artifacts';
import { verification } from '@sipf/contracts';
import { mergeFolder } from '@sipf/inference';
import { digestFolder, type HeadConfig } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { refusalOf } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeAdapter, writeModel } from '../../support/models.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

/** As vLLM 0.32 says what it holds; shorter than the model. */
const LONGEST = 40;
const head: HeadConfig = { kind: 'token-classification', numLabels: 2, features: 'hidden' };
const folder = temporaryFolder();
const rows = Array.from({ length: 50 }, (_, index) => ({
  id: String(index),
  question: `${index} + 1 = `,
  steps: [`${index} + 1 = 2\n`, '3 + 4 = 7\n'].slice(0, 1 + (index % 2)),
}));

/** Logits of a token by its id: what a decoder would say matters here to nobody. */
const logitsOf = (id: number): readonly [number, number] => [Math.sin(id), Math.cos(id) * 3];

interface Asked {
  readonly model: string;
  readonly input: readonly (readonly number[])[];
}

/** Digests of the models that the server lists. */
let held: string[] = [];
let program: RunningProgram;
let client: ServiceClient<verification.VerificationServiceDefinition>;
let asked: Asked[] = [];
/** Answers in the server's stead, where it gives one. */
let instead: (request: Asked) => { readonly status: number; readonly body: unknown } | undefined = () =>
  undefined;

function answer({ model, input }: Asked): unknown {
  const data = input.map((ids, index) => {
    const values = Float32Array.from(ids.flatMap((id) => logitsOf(id)));
    return { index, object: 'pooling', data: Buffer.from(values.buffer).toString('base64') };
  });
  return { object: 'list', model, data };
}

async function respond(
  request: IncomingMessage,
): Promise<{ readonly status: number; readonly body: unknown }> {
  if (request.url === '/v1/models') {
    const data = held.map((id) => ({ id, max_model_len: LONGEST }));
    return { status: 200, body: { object: 'list', data } };
  }
  if (request.url !== '/pooling') return { status: 404, body: { detail: 'Not Found' } };
  const body = JSON.parse(await text(request)) as Asked;
  asked.push(body);
  return instead(body) ?? { status: 200, body: answer(body) };
}

const server = createServer((request, response) => {
  void respond(request).then(({ status, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
});

async function url(): Promise<string> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

beforeAll(async () => {
  const model = await writeModel(folder.path, 'verifier', randomModel('pooling', head));
  held = [await digestFolder(model)];
  const backend = ['--backend', 'pooling', '--backend-url', await url(), '--backend-attempts', '2'];
  program = await startProgram('verification', ['--model', model, ...backend]);
  client = createClient(verification.VerificationServiceDefinition, program.address, {
    retry: { attempts: 1 },
  });
});

afterEach(() => {
  asked = [];
  instead = () => undefined;
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  server.close();
  server.closeAllConnections();
  folder.remove();
});

it('scores steps by the logits at their ends, many rows a request', async () => {
  const { scores } = await client.score({ rows });
  const sent = asked.flatMap(({ input }) => input);
  expect(sent).toHaveLength(rows.length);
  expect(asked.length).toBeLessThan(rows.length / 4);
  scores.forEach(({ id, result }, index) => {
    expect(id).toBe(String(index));
    if (result?.$case !== 'steps') throw new Error(JSON.stringify(result));
    const { logOdds } = result.value;
    expect(logOdds).toHaveLength(1 + (index % 2));
    // A path ends with the last step's last token.
    const [wrong, right] = logitsOf(sent[index]?.at(-1) ?? NaN);
    expect(logOdds.at(-1)).toBeCloseTo(right - wrong, 5);
  });
});

it('answers a row that is too long for the server with the reason, and sends the others', async () => {
  const long = { id: 'long', question: '1 + 1 = ', steps: ['1 + 1 = 2\n'.repeat(12)] };
  const { scores } = await client.score({ rows: [long, ...rows.slice(0, 2)] });
  expect(scores.map(({ result }) => result?.$case)).toEqual(['error', 'steps', 'steps']);
  expect(asked.flatMap(({ input }) => input)).toHaveLength(2);
  const { verifiers, info } = await client.info({});
  expect(verifiers[0]).toMatchObject({ maxSequenceTokens: LONGEST });
  expect(info?.engine).toMatchObject({ kind: 'pooling' });
});

it('asks again where the server stumbles, and says its words where it refuses', async () => {
  let stumbles = 1;
  instead = () => (stumbles-- > 0 ? { status: 503, body: {} } : undefined);
  expect((await client.score({ rows: rows.slice(0, 1) })).scores[0]?.result?.$case).toBe('steps');
  instead = () => ({ status: 400, body: { error: { message: 'Token id 9 is out of vocabulary' } } });
  expect(await refusalOf(client.score({ rows: rows.slice(0, 1) }))).toMatchObject({
    reason: 'BACKEND_REFUSED',
    message: expect.stringContaining('Token id 9 is out of vocabulary') as string,
  });
});

it('takes no scores of another model', async () => {
  instead = (request) => ({ status: 200, body: answer({ ...request, model: 'sha256:other' }) });
  expect(await refusalOf(client.score({ rows: rows.slice(0, 1) }))).toMatchObject({
    reason: 'MODEL_NOT_LOADED',
  });
});

it('merges an adapter into its base in the store, and asks for the digest of that folder', async () => {
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  const language = randomModel('language of a verifier');
  const written = await writeModel(folder.path, 'base', language);
  const { digest: base } = await store.putFolder(written);
  const adapterFolder = await writeAdapter(join(folder.path, 'adapter'), language, base, { head });
  const { digest: adapterDigest } = await store.putFolder(adapterFolder);
  const merged = await mergeFolder({ folder: written, adapterFolder, out: join(folder.path, 'merged') });
  const backend = ['--backend', 'pooling', '--backend-url', await url()];
  await using adapted = await startProgram('verification', [
    ...['--artifacts', join(folder.path, 'store')],
    ...backend,
  ]);
  using own = createClient(verification.VerificationServiceDefinition, adapted.address, {
    retry: { attempts: 1 },
  });
  const ask = () => own.score({ rows: rows.slice(0, 1), model: { digest: base, adapterDigest } });
  expect(await refusalOf(ask())).toMatchObject({
    reason: 'MODEL_NOT_LOADED',
    message: expect.stringContaining(merged) as string,
  });
  held.push(merged);
  expect((await ask()).model).toMatchObject({ digest: base, adapterDigest });
  expect(asked.map(({ model }) => model)).toEqual([merged]);
});

it.each([
  ['a model that the server lacks', randomModel('another', head), 'MODEL_NOT_LOADED'],
  [
    'a head with confidence',
    randomModel('confident', { ...head, features: 'hidden+confidence' }),
    'NOT_A_VERIFIER',
  ],
  ['a language model', randomModel('language'), 'NOT_A_VERIFIER'],
])('refuses %s at the start', async (name, model, reason) => {
  const other = await writeModel(folder.path, name, model);
  const flags = ['--model', other, '--backend', 'pooling', '--backend-url', await url()];
  const { status, log } = await runProgram('verification', flags);
  expect(status).toBe(69);
  expect(log).toContain(reason === 'MODEL_NOT_LOADED' ? 'the backend has no model' : '--backend pooling');
});
