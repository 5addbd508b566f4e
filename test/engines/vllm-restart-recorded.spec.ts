import { FolderArtifactStore } from '@sipf/artifacts';
import { verification } from '@sipf/contracts';
import { digestFolder, type HeadConfig } from '@sipf/models';
import { createClient, createLogger, createMetricsRegistry } from '@sipf/service';
import { createGenerators, generatorShape, type ServedGenerator, type Serving } from '@sipf/serving';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { refusalOf } from '../support/calls.ts';
import { temporaryFolder, writeAdapter, writeModel } from '../support/models.ts';
import { startProgram } from '../support/start-program.ts';
import { serveAt, writeHook, type HookProgram } from './support/hook-program.ts';
import { startScriptedVllm, type ScriptedVllm } from './support/scripted-vllm.ts';
import { tinyLlama } from './support/tiny-llama.ts';

const folder = temporaryFolder();
const head: HeadConfig = { kind: 'token-classification', numLabels: 2, features: 'hidden' };
const open = new Set<AsyncDisposable>();
let store: FolderArtifactStore;
let server: ScriptedVllm;
let [model, digest, other, adapter]: string[] = [];
let log = '';

beforeAll(async () => {
  store = new FolderArtifactStore(join(folder.path, 'store'));
  const base = tinyLlama({ seed: 'base' });
  model = await writeModel(folder.path, 'model', base);
  digest = await digestFolder(model);
  ({ digest: other } = await store.putFolder(
    await writeModel(folder.path, 'other', tinyLlama({ seed: 'other' })),
  ));
  await store.putFolder(model);
  ({ digest: adapter } = await store.putFolder(
    await writeAdapter(join(folder.path, 'adapter'), base, digest),
  ));
});

beforeEach(async () => {
  log = '';
  server = await startScriptedVllm();
  open.add(server);
});

afterEach(async () => {
  vi.useRealTimers();
  for (const one of [...open].reverse()) await one[Symbol.asyncDispose]();
  open.clear();
});

afterAll(() => {
  folder.remove();
});

function hook(body: string): HookProgram {
  return writeHook(mkdtempSync(join(folder.path, 'hook-')), body);
}

async function serve(program: HookProgram, flags: object = {}): Promise<Serving<ServedGenerator>> {
  const settings = z.object(generatorShape).parse({
    ...{ model, artifacts: join(folder.path, 'store'), backend: 'openai', maxModels: 3 },
    ...{ backendUrl: `${server.origin}/v1`, backendAttempts: 3, backendHook: program.path },
    ...flags,
  });
  const destination = { write: (line: string) => void (log += line) };
  const logger = createLogger({ service: 'test', level: 'warn', destination });
  const context = { settings, logger, version: '1', registry: createMetricsRegistry() };
  const serving = await createGenerators('generation', context);
  open.add({ [Symbol.asyncDispose]: () => serving.close() });
  return serving;
}

async function write(
  serving: Serving<ServedGenerator>,
  ref: object = {},
  signal = AbortSignal.timeout(60_000),
): Promise<string[]> {
  await using served = await serving.acquire({ digest: digest ?? '', adapterDigest: '', ...ref }, signal);
  const request = { promptIds: [1, 5], n: 2, seed: 1, sampling: { temperature: 1, maxNewTokens: 1 } };
  const texts: string[] = [];
  for await (const { text } of served.model.generator.generate([request])) texts.push(text);
  return texts;
}

it('has the server started with the model that is asked for, once for all who wait, and asks for its digest', async () => {
  const program = hook(`await new Promise((done) => setTimeout(done, 300));${serveAt(server.origin)}`);
  const serving = await serve(program);
  expect(program.calls()).toEqual([[model, digest]]);
  const all = await Promise.all(Array.from({ length: 5 }, () => write(serving, { digest: other })));
  expect(all).toEqual(Array(5).fill(['a', 'a']));
  const kept = await store.folder({ digest: other ?? '', sizeBytes: 0, mediaType: '' });
  expect(program.calls()).toEqual([
    [model, digest],
    [kept, other],
  ]);
  // It serves that already.
  await write(serving, { digest: other });
  expect(program.calls()).toHaveLength(2);
  expect(server.asked('/v1/completions').map(({ body }) => body['model'])).not.toContain('policy');
});

it('lets those who want another model wait until nobody computes with the one that is there', async () => {
  const program = hook(serveAt(server.origin));
  const serving = await serve(program);
  const served: string[] = [];
  server.write = ({ model: name }) => {
    served.push(`${String(name)} of ${server.served}`);
    return { tokenIds: [101], text: 'a', finish: 'length' };
  };
  await Promise.all([write(serving), write(serving, { digest: other }), write(serving)]);
  expect(new Set(served)).toEqual(new Set([`${digest} of ${digest}`, `${other} of ${other}`]));
  expect(program.calls().length).toBeLessThanOrEqual(3);
});

it('takes no answer of a server that got another model meanwhile, and has it started again', async () => {
  const program = hook(serveAt(server.origin));
  const serving = await serve(program);
  let written = 0;
  server.write = () => {
    const isFirst = written++ === 0;
    if (isFirst) server.served = other ?? '';
    return { tokenIds: [isFirst ? 102 : 101], text: isFirst ? 'b' : 'a', finish: 'length' };
  };
  expect(await write(serving)).toEqual(['a', 'a']);
  expect(program.calls()).toHaveLength(2);
});

it('starts a server that is not there', async () => {
  const port = Number(new URL(server.origin).port);
  await server[Symbol.asyncDispose]();
  open.delete(server);
  const ready = mkdtempSync(join(folder.path, 'ready-'));
  const program = hook(`import { writeFileSync } from 'node:fs'; writeFileSync('${ready}/now', digest);`);
  const serving = serve(program, { backendUrl: `http://127.0.0.1:${port}/v1` });
  await expect.poll(() => program.calls(), { timeout: 20_000 }).toHaveLength(1);
  server = await startScriptedVllm(port);
  open.add(server);
  server.served = digest ?? '';
  expect(await write(await serving)).toEqual(['a', 'a']);
});

it('loads adapters again that a server has forgotten by its start', async () => {
  const program = hook(serveAt(server.origin));
  const serving = await serve(program);
  await write(serving, { adapterDigest: adapter });
  server.adapters.clear();
  server.served = 'policy';
  expect(await write(serving, { adapterDigest: adapter })).toEqual(['a', 'a']);
  expect([server.served, [...server.adapters]]).toEqual([digest, [adapter]]);
});

it('loads an adapter when the server serves its base, not on the model that is there', async () => {
  const serving = await serve(hook(serveAt(server.origin)));
  await write(serving, { digest: other });
  // As a server that pools: it has no such call.
  server.override = ({ path }) =>
    path === '/v1/load_lora_adapter' && server.served !== digest
      ? { status: 404, body: { detail: 'Not Found' } }
      : undefined;
  expect(await write(serving, { adapterDigest: adapter })).toEqual(['a', 'a']);
  expect(server.adapters).toEqual(new Set([adapter]));
});

it('says the last words of a program that fails, and does not call it again', async () => {
  const program = hook(`console.error('starting\\nno GPU is free\\n'); process.exitCode = 3;`);
  const refusal = await refusalOf(serve(program));
  expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'BACKEND_HOOK_FAILED' });
  expect(refusal.message).toBe('--backend-hook hook.mjs ended with status 3: no GPU is free');
  expect(program.calls()).toHaveLength(1);
});

it('says what the server lists where the program has not done what it is for', async () => {
  const refusal = await refusalOf(serve(hook(''), { backendHookTimeoutMs: 3000 }));
  expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'BACKEND_HOOK_FAILED' });
  for (const word of ['after 3000 ms', digest, 'it lists policy']) expect(refusal.message).toContain(word);
});

const FOREVER = 'setInterval(() => {}, 1000);';

it('ends a program that takes too long', async () => {
  const program = hook(FOREVER);
  const refusal = await refusalOf(serve(program, { backendHookTimeoutMs: 2000 }));
  expect(refusal.message).toContain('after 2000 ms this service still waits for it to end');
  expect(program.pids().filter(isRunning)).toEqual([]);
});

it('hears that nobody waits any longer, says meanwhile what it waits for, and ends with the service', async () => {
  const program = hook(
    `digest === '${other ?? ''}' ? ${FOREVER.replace(';', '')} : ${serveAt(server.origin)}`,
  );
  const serving = await serve(program);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const caller = new AbortController();
  const call = write(serving, { digest: other }, caller.signal);
  await vi.waitFor(() => {
    expect(program.calls()).toHaveLength(2);
  }, 20_000);
  vi.advanceTimersByTime(61_000);
  expect(log).toContain('was called: waiting for it to end');
  expect(log).toContain(program.path);
  caller.abort();
  await expect(call).rejects.toThrow('abort');
  await serving.close();
  expect(program.pids().filter(isRunning)).toEqual([]);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it.each<[object, string]>([
  [{ backendModel: 'policy' }, '--backend-model'],
  [{ backendWeights: 'reload' }, '--backend-hook'],
  [{ backendHook: '/no/such/program' }, '--backend-hook'],
])('refuses settings that do not go together: %j', async (flags, field) => {
  await expect(serve(hook(''), flags)).rejects.toMatchObject({
    reason: 'SETTINGS_INVALID',
    violations: [{ field }],
  });
});

it('has servers started with verifiers, an adapter merged into its base', async () => {
  const language = tinyLlama({ seed: 'base' });
  const judge = await store.putFolder(
    await writeAdapter(join(folder.path, 'judge'), language, digest ?? '', { head }),
  );
  const program = hook(serveAt(server.origin));
  await using service = await startProgram('verification', [
    ...['--artifacts', join(folder.path, 'store'), '--backend', 'pooling'],
    ...['--backend-url', `${server.origin}/v1`, '--backend-hook', program.path],
  ]);
  using client = createClient(verification.VerificationServiceDefinition, service.address);
  const rows = [{ id: 'a', question: '1 + 1 = ', steps: ['2\n'] }];
  const { scores } = await client.score({
    ...{ rows, model: { digest: digest ?? '', adapterDigest: judge.digest } },
  });
  expect(scores[0]?.result?.$case).toBe('steps');
  const [[merged, name] = []] = program.calls();
  expect(name).toBe(await digestFolder(merged ?? ''));
  expect(server.asked('/pooling')[0]?.body['model']).toBe(name);
});
