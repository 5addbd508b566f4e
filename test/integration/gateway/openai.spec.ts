import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation } from '@sipf/contracts';
import { digestFolder, loadTokenizer } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths } from '../../support/calls.ts';
import { randomModel, temporaryFolder, writeAdapter, writeModel } from '../../support/models.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const store = new FolderArtifactStore(join(folder.path, 'store'));
const base = randomModel('openai');
const text = 'How many pens are left?\n';
let model: string;
let digest: string;
let adapterDigest: string;
let service: RunningProgram;
let gateway: RunningProgram;
let direct: ServiceClient<generation.GenerationServiceDefinition>;

beforeAll(async () => {
  model = await writeModel(folder.path, 'model', base);
  writeFileSync(join(model, 'chat_template.jinja'), '{% for m in messages %}{{ m.content }}\n{% endfor %}');
  digest = await digestFolder(model);
  const adapter = await writeAdapter(join(folder.path, 'adapter'), base, digest);
  ({ digest: adapterDigest } = await store.putFolder(adapter));
  service = await startProgram('generation', ['--model', model, '--artifacts', join(folder.path, 'store')]);
  direct = createClient(generation.GenerationServiceDefinition, service.address);
  gateway = await startProgram('gateway', [
    ...['--generation', service.address, '--served-model-name', 'policy'],
    ...['--adapters', join(folder.path, 'store'), '--max-request-bytes', '100000'],
  ]);
});

afterAll(async () => {
  direct.close();
  await gateway[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  folder.remove();
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://${gateway.address}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

interface Completion {
  readonly id: string;
  readonly object: string;
  readonly model: string;
  readonly system_fingerprint: string;
  readonly choices: readonly {
    readonly index: number;
    readonly text: string;
    readonly finish_reason: string;
    readonly logprobs: { readonly tokens: string[]; readonly token_logprobs: number[] } | null;
    readonly token_ids?: number[];
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
  };
}

async function complete(body: object, headers: Record<string, string> = {}): Promise<Completion> {
  const response = await post('completions', body, headers);
  expect(response.status).toBe(200);
  return (await response.json()) as Completion;
}

interface Failure {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

async function failureOf(response: Response): Promise<{ status: number } & Failure['error']> {
  const body = await response.text();
  expectNoPaths(body);
  const { error } = JSON.parse(body) as Failure;
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  return { status: response.status, ...error };
}

/** What the generation service itself says. */
async function sample(
  settings: Partial<common.SamplingSettings>,
  prompt: Partial<generation.Prompt> = { id: '0', text },
  ref: Partial<common.ModelRef> = {},
): Promise<generation.GenerateResponse[]> {
  const sampling = common.SamplingSettings.fromPartial({
    n: 1,
    temperature: 1,
    maxNewTokens: 16,
    ...settings,
  });
  const request = generation.GenerateRequest.fromPartial({
    ...{ prompts: [prompt], sampling, model: ref },
    ...{ returnTokenIds: true, returnLogProbs: true, returnDetails: true },
  });
  return (await collect(direct.generate(request))).sort((a, b) => a.sampleIndex - b.sampleIndex);
}

it('answers what the generation service gives for the seed, with tokens, log-probabilities and usage', async () => {
  const own = await sample({ n: 3, seed: 7n, topK: 20, topP: 0.9, minP: 0.01, temperature: 0.8 });
  const answer = await complete({
    ...{ model: 'policy', prompt: text, n: 3, seed: 7, top_k: 20, top_p: 0.9, min_p: 0.01, temperature: 0.8 },
    ...{ logprobs: 0, return_token_ids: true },
  });
  expect(answer).toMatchObject({ object: 'text_completion', model: 'policy', system_fingerprint: digest });
  expect(answer.choices).toEqual(
    own.map((path, index) => ({
      index,
      text: path.text,
      finish_reason: path.finishReason === generation.FinishReason.LENGTH ? 'length' : 'stop',
      logprobs: {
        tokens: path.details.map((detail) => detail.text),
        token_logprobs: path.logProbs,
        top_logprobs: null,
        text_offset: path.details.map(({ textOffset }) => textOffset),
      },
      token_ids: path.tokenIds,
    })),
  );
  const written = own.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  const prompt = loadTokenizer(model).encode(text).length;
  expect(answer.usage).toEqual({
    prompt_tokens: prompt,
    completion_tokens: written,
    total_tokens: prompt + written,
  });
  expect(new Set(own.map((path) => path.text)).size).toBeGreaterThan(1);
});

it('takes a prompt as tokens, several at once, and stops where the request says', async () => {
  const ids = loadTokenizer(model).encode(text);
  const [asText, asTokens] = [
    await complete({ prompt: text, temperature: 0, max_tokens: 20 }),
    await complete({ prompt: ids, temperature: 0, max_tokens: 20 }),
  ];
  expect(asTokens.choices).toEqual(asText.choices);
  expect(asText.choices[0]?.text).toBe((await sample({ greedy: true, maxNewTokens: 20 }))[0]?.text);
  const many = await complete({ model: digest, prompt: [text, `${text}1`], n: 2, seed: 3 });
  expect(many.model).toBe(digest);
  expect(many.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  const second = await sample({ n: 2, seed: 3n }, { id: '1', text: `${text}1` });
  expect(many.choices.slice(2).map((choice) => choice.text)).toEqual(second.map((path) => path.text));
  const whole = asText.choices[0]?.text ?? '';
  const stop = whole.slice(5, 7);
  const cut = await complete({ prompt: text, temperature: 0, max_tokens: 20, stop });
  expect(cut.choices[0]).toMatchObject({ text: whole.slice(0, whole.indexOf(stop)), finish_reason: 'stop' });
});

it('gives the sample that its headers name, and another one without a seed', async () => {
  const id = 'question/ä 3';
  const own = await sample({ n: 5, seed: 2n ** 63n }, { id, text });
  const headers = {
    'x-sipf-seed': String(2n ** 63n),
    'x-sipf-prompt-id': encodeURIComponent(id),
    'x-sipf-sample-index': '3',
  };
  const answer = await complete({ prompt: text, n: 2, seed: 1 }, headers);
  expect(answer.choices.map((choice) => choice.text)).toEqual(own.slice(3).map((path) => path.text));
  const wrong = await post('completions', { prompt: text }, { ...headers, 'x-sipf-seed': '-1' });
  expect(await failureOf(wrong)).toMatchObject({ status: 400, param: 'x-sipf-seed' });
  const [one, two] = [await complete({ prompt: text, n: 4 }), await complete({ prompt: text, n: 4 })];
  expect(one.choices).not.toEqual(two.choices);
});

/** The data of a stream's events. */
async function dataOf(response: Response): Promise<unknown[]> {
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events = (await response.text()).split('\n\n').slice(0, -1);
  expect(events.at(-1)).toBe('data: [DONE]');
  return events.slice(0, -1).map((event) => JSON.parse(event.replace(/^data: /, '')) as unknown);
}

it.each([
  ['token by token', {}],
  ['choice by choice where log-probabilities are wanted', { logprobs: 0 }],
  ['up to a stop string that is not returned', { stop: ['1', '>>'], max_tokens: 40 }],
])('streams the same texts as it answers whole: %s', async (_what, more) => {
  const body = { model: 'policy', prompt: text, n: 3, seed: 5, ...more };
  const whole = await complete(body);
  const options = { stream: true, stream_options: { include_usage: true } };
  const chunks = (await dataOf(await post('completions', { ...body, ...options }))) as Completion[];
  const written = new Map<number, string>();
  for (const { choices } of chunks) {
    for (const { index, text: piece } of choices) written.set(index, (written.get(index) ?? '') + piece);
  }
  expect([...written].sort(([a], [b]) => a - b)).toEqual(
    whole.choices.map((choice) => [choice.index, choice.text]),
  );
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  const ends = chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason)).filter(Boolean);
  expect(ends).toHaveLength(3);
  if (!('logprobs' in more)) expect(chunks.length).toBeGreaterThan(8);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  const wrong = await post('completions', { ...body, ...options, model: 'nobody' });
  expect((await failureOf(wrong)).status).toBe(404);
});

it('answers a conversation that the model’s template lays out', async () => {
  const messages = [
    { role: 'user', content: 'How many pens' },
    { role: 'user', content: 'are left?' },
  ];
  const body = { messages, temperature: 0, max_completion_tokens: 12 };
  const response = await post('chat/completions', body);
  const answer = (await response.json()) as { object: string; choices: { message: object }[] };
  const ids = loadTokenizer(model).encode('How many pens\nare left?\n', { addSpecialTokens: false });
  const [own] = await sample({ greedy: true, maxNewTokens: 12 }, { id: 'x', tokenIds: ids });
  expect(answer.object).toBe('chat.completion');
  expect(answer.choices).toMatchObject([{ message: { role: 'assistant', content: own?.text } }]);
  const chunks = (await dataOf(await post('chat/completions', { ...body, stream: true }))) as {
    choices: { delta: { role?: string; content: string } }[];
  }[];
  expect(chunks.map(({ choices }) => choices[0]?.delta.role).filter(Boolean)).toEqual(['assistant']);
  expect(chunks.length).toBeGreaterThan(2);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(own?.text);
  const plain = await post('chat/completions', { messages: [] });
  expect(await failureOf(plain)).toMatchObject({ status: 400, param: 'messages' });
});

it('loads adapters by folder or digest, answers with them by name, and lets them go', async () => {
  const own = await sample({ n: 2, seed: 4n }, undefined, { digest, adapterDigest });
  const adapterFolder = await store.folder({ digest: adapterDigest, sizeBytes: 0, mediaType: '' });
  for (const [name, from] of [
    ['mine', adapterFolder],
    [adapterDigest, adapterDigest],
  ] as const) {
    const loaded = await post('load_lora_adapter', { lora_name: name, lora_path: from });
    expect([loaded.status, await loaded.text()]).toEqual([
      200,
      `Success: LoRA adapter '${name}' added successfully.`,
    ]);
    const answer = await complete({ model: name, prompt: text, n: 2, seed: 4 });
    expect(answer).toMatchObject({ model: name, system_fingerprint: `${digest}+${adapterDigest}` });
    expect(answer.choices.map((choice) => choice.text)).toEqual(own.map((path) => path.text));
  }
  const again = await post('load_lora_adapter', { lora_name: 'mine', lora_path: adapterFolder });
  expect(await failureOf(again)).toMatchObject({ status: 400, param: 'lora_name' });
  const list = (await (await fetch(`http://${gateway.address}/v1/models`)).json()) as {
    data: { id: string; parent: string | null }[];
  };
  expect(list.data.map(({ id, parent }) => [id, parent])).toEqual(
    expect.arrayContaining([
      ['policy', null],
      [digest, null],
      ['mine', 'policy'],
      [adapterDigest, 'policy'],
    ]),
  );
  expect((await post('unload_lora_adapter', { lora_name: 'mine' })).status).toBe(200);
  expect(await failureOf(await post('completions', { model: 'mine', prompt: text }))).toMatchObject({
    status: 404,
    code: 'MODEL_NOT_FOUND',
  });
});

it('reads no folder that lies elsewhere, and no adapter of another model', async () => {
  const load = async (lora_path: string) =>
    failureOf(await post('load_lora_adapter', { lora_name: 'x', lora_path }));
  expect(await load(join(folder.path, 'adapter'))).toMatchObject({ status: 400, param: 'lora_path' });
  expect(await load(join(folder.path, 'store/../adapter'))).toMatchObject({ status: 400 });
  // A client may read the path that it wrote itself.
  const missing = await post('load_lora_adapter', {
    lora_name: 'x',
    lora_path: join(folder.path, 'store/none'),
  });
  expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: 'FILE_NOT_FOUND' } }]);
  const foreign = await writeAdapter(join(folder.path, 'foreign'), base, `sha256:${'1'.repeat(64)}`);
  const { digest: other } = await store.putFolder(foreign);
  expect(await load(other)).toMatchObject({ status: 400, code: 'ADAPTER_BASE_MISMATCH' });
  const disguised = await post('load_lora_adapter', { lora_name: other, lora_path: adapterDigest });
  expect(await failureOf(disguised)).toMatchObject({ status: 400, param: 'lora_name' });
});

it.each([
  ['no prompt', {}, { status: 400, param: 'prompt', type: 'invalid_request_error' }],
  ['a field that there is not', { prompt: text, best: 1 }, { status: 400, param: 'best' }],
  ['what would be ignored', { prompt: text, presence_penalty: 1 }, { param: 'presence_penalty' }],
  ['too many tokens', { prompt: text, max_tokens: 1e6 }, { status: 400, param: 'max_tokens' }],
  ['a temperature', { prompt: text, temperature: 1000 }, { status: 400, param: 'temperature' }],
  ['a stop string', { prompt: text, stop: [''] }, { status: 400, param: 'stop' }],
  ['a token', { prompt: [1_000_000] }, { status: 400, param: 'prompt' }],
  ['a long prompt', { prompt: '1 + '.repeat(100) }, { status: 400, code: 'TEXT_TOO_LONG' }],
  ['a model', { prompt: text, model: `sha256:${'0'.repeat(64)}` }, { status: 404, type: 'not_found_error' }],
  ['no JSON', '{', { status: 400, code: 'INVALID_FIELD' }],
  ['a large body', { prompt: 'x'.repeat(200_000) }, { status: 413 }],
])('says of %s what is wrong in OpenAI’s form, and keeps serving', async (_what, body, expected) => {
  expect(await failureOf(await post('completions', body))).toMatchObject(expected);
  expect((await post('completions', { prompt: text, max_tokens: 1 })).status).toBe(200);
});

it('lets in only whom its tokens allow, and no more at once than it may', async () => {
  const token = 'a-token-of-this-test-alone';
  const sha256 = createHash('sha256').update(token).digest('hex');
  const tokens = join(folder.path, 'tokens');
  const entry = { name: 'x', sha256, scopes: ['generation:Generate'] };
  writeFileSync(tokens, JSON.stringify({ tokens: [entry] }));
  const flags = ['--generation', service.address, '--tokens-file', tokens, '--max-concurrent-calls', '1'];
  await using guarded = await startProgram('gateway', flags);
  const ask = (path: string, headers: Record<string, string>, body?: object) =>
    fetch(`http://${guarded.address}/v1/${path}`, {
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  const bearer = { authorization: `Bearer ${token}` };
  expect(await failureOf(await ask('models', {}))).toMatchObject({
    status: 401,
    type: 'authentication_error',
  });
  expect(await failureOf(await ask('models', bearer))).toMatchObject({
    status: 403,
    code: 'SCOPE_MISSING',
  });
  const long = { prompt: text, n: 64, max_tokens: 30 };
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask('completions', bearer, long)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.some(({ status }) => status === 200)).toBe(true);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await failureOf(answer)).toMatchObject({ type: 'rate_limit_error', code: 'QUEUE_FULL' });
  }
});

it('stops sampling for a caller that goes away', async () => {
  const signal = AbortSignal.timeout(100);
  const body = JSON.stringify({ prompt: text, n: 1024, max_tokens: 40 });
  const headers = { 'content-type': 'application/json' };
  const url = `http://${gateway.address}/v1/completions`;
  await expect(fetch(url, { method: 'POST', headers, body, signal })).rejects.toThrow('timeout');
  const started = performance.now();
  await complete({ prompt: text, max_tokens: 1 });
  expect(performance.now() - started).toBeLessThan(5000);
  await expect
    .poll(async () => (await fetch(`${service.metricsUrl}/metrics`)).text())
    .toMatch(/^sipf_batch_occupancy 0$/m);
});

it('documents what it serves', async () => {
  const document = (await (await fetch(`http://${gateway.address}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  expect(Object.keys(document.paths)).toContain('/v1/completions');
  expect(JSON.stringify(document.paths['/v1/completions'])).toContain('return_token_ids');
});
