import { FolderArtifactStore } from '@sipf/artifacts';
import { digestFolder } from '@sipf/models';
import { createLogger, createMetricsRegistry } from '@sipf/service';
import { createGenerators, generatorShape, type ServedGenerator, type Serving } from '@sipf/serving';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { refusalOf } from '../support/calls.ts';
import { temporaryFolder, writeAdapter, writeModel } from '../support/models.ts';
import { startScriptedVllm, type ScriptedRequest, type ScriptedVllm } from './support/scripted-vllm.ts';
import { tinyLlama } from './support/tiny-llama.ts';

const folder = temporaryFolder();
const open = new Set<AsyncDisposable>();
let model: string;
let [digest, other, adapter]: string[] = [];

beforeAll(async () => {
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  const base = tinyLlama({ seed: 'base' });
  model = await writeModel(folder.path, 'model', base);
  digest = await digestFolder(model);
  const changed = await writeModel(folder.path, 'other', tinyLlama({ seed: 'other' }));
  ({ digest: other } = await store.putFolder(changed));
  ({ digest: adapter } = await store.putFolder(
    await writeAdapter(join(folder.path, 'adapter'), base, digest),
  ));
});

afterEach(async () => {
  for (const one of open) await one[Symbol.asyncDispose]();
  open.clear();
});

afterAll(() => {
  folder.remove();
});

async function start(count: number): Promise<ScriptedVllm[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => startScriptedVllm()));
  for (const server of servers) open.add(server);
  return servers;
}

async function serve(
  servers: readonly ScriptedVllm[],
  flags: object = {},
): Promise<Serving<ServedGenerator>> {
  const settings = z.object(generatorShape).parse({
    ...{ model, artifacts: join(folder.path, 'store'), backend: 'openai', backendModel: 'policy' },
    ...{ backendUrl: servers.map(({ origin }) => `${origin}/v1`).join(','), backendAttempts: 3 },
    ...flags,
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const context = { settings, logger, version: '1', registry: createMetricsRegistry() };
  const serving = await createGenerators('generation', context);
  open.add({ [Symbol.asyncDispose]: () => serving.close() });
  return serving;
}

async function write(serving: Serving<ServedGenerator>, ref?: object, n = 4): Promise<string[]> {
  const named = ref === undefined ? undefined : { digest: digest ?? '', adapterDigest: '', ...ref };
  await using served = await serving.acquire(named, AbortSignal.timeout(30_000));
  const sampling = { temperature: 1, maxNewTokens: 1 };
  const texts: string[] = [];
  const request = { promptIds: [1, 5], n, seed: 1, sampling };
  for await (const { text } of served.model.generator.generate([request])) texts.push(text);
  return texts;
}

function completionsOf(server: ScriptedVllm): number {
  return server.asked('/v1/completions').length;
}

it('spreads requests over servers, loads nothing there, and asks the others while one is away', async () => {
  const [first, second] = (await start(2)) as [ScriptedVllm, ScriptedVllm];
  for (const server of [first, second]) server.adapters.add(adapter ?? '');
  const serving = await serve([first, second]);
  await write(serving, { adapterDigest: adapter }, 16);
  expect(Math.abs(completionsOf(first) - completionsOf(second))).toBeLessThanOrEqual(2);
  const port = Number(new URL(first.origin).port);
  await first[Symbol.asyncDispose]();
  expect(await write(serving, undefined, 8)).toHaveLength(8);
  const back = await startScriptedVllm(port);
  open.delete(first);
  open.add(back);
  await expect
    .poll(() => write(serving, undefined, 8).then(() => completionsOf(back)), { timeout: 10_000 })
    .toBeGreaterThan(0);
  for (const server of [first, second, back]) expect(server.asked('/v1/load_lora_adapter')).toEqual([]);
  // Its replacement was looked at before its first request.
  expect(back.requests.findIndex(({ path }) => path === '/v1/models')).toBeLessThan(
    back.requests.findIndex(({ path }) => path === '/v1/completions'),
  );
});

it('leaves a server out that came back as another', async () => {
  const [first, second] = (await start(2)) as [ScriptedVllm, ScriptedVllm];
  const serving = await serve([first, second]);
  const port = Number(new URL(first.origin).port);
  await first[Symbol.asyncDispose]();
  open.delete(first);
  await write(serving, undefined, 8);
  const back = await startScriptedVllm(port);
  open.add(back);
  back.root = '/models/another';
  const deadline = performance.now() + 5000;
  while (back.requests.length === 0 && performance.now() < deadline) await write(serving, undefined, 8);
  expect(back.requests.length).toBeGreaterThan(0);
  expect(completionsOf(back)).toBe(0);
});

it('says what a resolver that knows no such adapter lacks', async () => {
  const [server] = (await start(1)) as [ScriptedVllm];
  const serving = await serve([server], { backendAdapter: 'resolver' });
  const refusal = await refusalOf(write(serving, { adapterDigest: adapter }));
  expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' });
  for (const word of [adapter, digest, 'SIPF_BASE_DIGEST', '--artifacts'])
    expect(refusal.message).toContain(word);
  // A store that is seen a little later.
  setTimeout(() => server.adapters.add(adapter ?? ''), 300);
  expect(await write(serving, { adapterDigest: adapter })).toHaveLength(4);
});

it('says what a resolver found and its server could not load', async () => {
  const [server] = (await start(1)) as [ScriptedVllm];
  server.override = ({ path, body }) => {
    if (path !== '/v1/completions' || body['model'] !== adapter) return undefined;
    const message = `LoRA adapter '${adapter ?? ''}' was found but could not be loaded.`;
    return { status: 400, body: { error: { message, type: 'BadRequestError', code: 400 } } };
  };
  const serving = await serve([server], { backendAdapter: 'resolver' });
  const refusal = await refusalOf(write(serving, { adapterDigest: adapter }));
  expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'BACKEND_REFUSED' });
  for (const word of [adapter, digest, 'could not load it', '--max-lora-rank', 'log'])
    expect(refusal.message).toContain(word);
});

it('refuses an adapter of a rank that the server says it does not take, before anything is asked', async () => {
  const [server] = (await start(1)) as [ScriptedVllm];
  server.override = ({ path }) =>
    path.startsWith('/server_info')
      ? { body: { vllm_config: { lora_config: { max_lora_rank: 1 } } } }
      : undefined;
  const serving = await serve([server]);
  const refusal = await refusalOf(write(serving, { adapterDigest: adapter }));
  expect(refusal).toMatchObject({ reason: 'ADAPTER_CONFIG_INVALID' });
  expect(refusal.message).toContain('adapter_config.json/r: is 2, the server takes 1 at most');
  expect(refusal.message).toContain('--max-lora-rank 8');
  expect(server.asked('/v1/load_lora_adapter')).toEqual([]);
});

/** Calls between a pause and the version that follows, in order. */
function loadingCalls(server: ScriptedVllm): string[] {
  const isPart = ({ method, path }: ScriptedRequest): boolean =>
    method === 'POST' && !path.endsWith('completions');
  return server.requests
    .filter(isPart)
    .map(({ path, body }) => (path === '/collective_rpc' ? String(body['method']) : path));
}

it('replaces weights while the server is paused, with its version as a fence, once for all who wait', async () => {
  const [server] = (await start(1)) as [ScriptedVllm];
  server.adapters.add('sha256:old');
  const versions: string[] = [];
  server.write = () => {
    versions.push(server.weightVersion);
    return { tokenIds: [101], text: 'a', finish: 'length' };
  };
  const serving = await serve([server], { backendWeights: 'reload' });
  await Promise.all([write(serving), write(serving)]);
  expect(loadingCalls(server)).toEqual([
    ...['sipf_has_model', 'sipf_claim', '/pause?mode=wait', '/update_weight_version'],
    ...['/v1/unload_lora_adapter', 'sipf_reload', '/reset_prefix_cache', '/resume'],
    ...['/update_weight_version', 'sipf_release'],
  ]);
  versions.length = 0;
  await Promise.all([write(serving), write(serving, { digest: other })]);
  expect(new Set(versions)).toEqual(new Set([digest, other]));
  // No change back and forth: who asks for the same weights is served together.
  expect(versions.filter((version, at) => version !== versions[at - 1]).length).toBeLessThanOrEqual(3);
});

it('asks again where the weights were replaced during a request', async () => {
  const [server] = (await start(1)) as [ScriptedVllm];
  const serving = await serve([server], { backendWeights: 'reload' });
  let replaced = 0;
  server.write = () => {
    if (replaced++ === 0) server.weightVersion = 'loading something else';
    return { tokenIds: replaced === 1 ? [102] : [101], text: replaced === 1 ? 'b' : 'a', finish: 'length' };
  };
  expect(await write(serving, undefined, 1)).toEqual(['a']);
});

it('takes the weights of a server that another client changes, as they are at the moment', async () => {
  const [server] = (await start(1)) as [ScriptedVllm];
  const serving = await serve([server]);
  for (const version of [other ?? '', digest ?? '', other ?? '', 'default']) {
    server.weightVersion = version;
    if (version === other)
      expect(await refusalOf(write(serving))).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
    else expect(await write(serving)).toHaveLength(4);
  }
  // One that is first seen with others is not taken for changed for ever.
  server.weightVersion = other ?? '';
  expect(await refusalOf(serve([server]))).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
  const [late] = (await start(1)) as [ScriptedVllm];
  late.weightVersion = digest ?? '';
  const another = await serve([late]);
  late.weightVersion = other ?? '';
  expect(await refusalOf(write(another))).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
  late.weightVersion = digest ?? '';
  expect(await write(another)).toHaveLength(4);
});

it.each<[string, object, string]>([
  ['found', { found: false, why: 'the store has no such model' }, 'the store has no such model'],
  ['granted', { found: true, granted: false }, 'another client loads weights'],
])('pauses no server where the weights are not to be loaded: %s', async (_what, answer, words) => {
  const [server] = (await start(1)) as [ScriptedVllm];
  server.override = ({ path }) => (path === '/collective_rpc' ? { body: { results: [answer] } } : undefined);
  const refusal = await refusalOf(serve([server], { backendWeights: 'reload', backendAttempts: 1 }));
  expect(refusal.message).toContain(words);
  expect(server.asked('/pause?mode=wait')).toEqual([]);
});

it('says what a server lacks that cannot replace its weights', async () => {
  const [server] = (await start(1)) as [ScriptedVllm];
  const message = "Worker failed with error ''CPUWorker' object has no attribute 'sipf_has_model''";
  for (const answer of [
    { status: 404, body: { detail: 'Not Found' } },
    { status: 500, body: { error: { message } } },
  ]) {
    server.override = ({ path }) => (path === '/collective_rpc' ? answer : undefined);
    const refusal = await refusalOf(serve([server], { backendWeights: 'reload' }));
    expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'BACKEND_REFUSED' });
    expect(refusal.message).toContain('--worker-extension-cls sipf_vllm.worker.StoreWorker');
  }
});

it.each<[object, string]>([
  [{ backendAdapter: 'folder', backendUrl: 'http://a:1/v1,http://b:1/v1' }, '--backend-adapter'],
  [{ backendWeights: 'reload', backendDialect: 'openai' }, '--backend-weights'],
  [{ backendWeights: 'reload', backendModel: undefined }, '--backend-model'],
])('refuses settings that do not go together: %j', async (flags, field) => {
  const refusal = await refusalOf(serve([], { backendUrl: 'http://a:1/v1', ...flags }));
  expect(refusal).toMatchObject({ reason: 'SETTINGS_INVALID', violations: [{ field }] });
});
