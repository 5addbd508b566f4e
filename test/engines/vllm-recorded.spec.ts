import { FolderArtifactStore } from '@sipf/artifacts';
import { generation, type common } from '@sipf/contracts';
import { digestFolder } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { collect, refusalOf } from '../support/calls.ts';
import { temporaryFolder, writeAdapter, writeModel } from '../support/models.ts';
import { startProgram, type RunningProgram } from '../support/start-program.ts';
import { startScriptedVllm, type ScriptedVllm } from './support/scripted-vllm.ts';
import { tinyLlama } from './support/tiny-llama.ts';

const folder = temporaryFolder();
let server: ScriptedVllm;
let program: RunningProgram;
let client: ServiceClient<generation.GenerationServiceDefinition>;
let adapters: common.ModelRef[];

beforeAll(async () => {
  server = await startScriptedVllm();
  server.maxModelLen = 32;
  mkdirSync(folder.path, { recursive: true });
  const base = tinyLlama({ seed: 'base' });
  const model = await writeModel(folder.path, 'model', base);
  const digest = await digestFolder(model);
  const store = new FolderArtifactStore(join(folder.path, 'store'));
  adapters = await Promise.all(
    ['a', 'b', 'c'].map(async (seed) => {
      const adapter = await store.putFolder(
        await writeAdapter(join(folder.path, seed), base, digest, { seed }),
      );
      return { digest, adapterDigest: adapter.digest };
    }),
  );
  const backend = [
    '--backend',
    'openai',
    '--backend-url',
    `${server.origin}/v1`,
    '--backend-model',
    'policy',
  ];
  const serving = ['--model', model, '--artifacts', join(folder.path, 'store'), ...backend];
  program = await startProgram('generation', [...serving, '--backend-attempts', '2']);
  client = createClient(generation.GenerationServiceDefinition, program.address, { retry: { attempts: 1 } });
});

afterEach(() => {
  server.override = () => undefined;
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  folder.remove();
});

async function ask(request: object = {}) {
  const whole = generation.GenerateRequest.fromPartial({
    ...{ prompts: [{ id: 'q', text: 'ab' }], returnTokenIds: true, returnLogProbs: true },
    ...{ sampling: { n: 1, greedy: true, maxNewTokens: 8 } },
    ...request,
  });
  return await collect(client.generate(whole, { idempotent: false }));
}

const bytes = (text: string): number[] => [...Buffer.from(text)].map((byte) => byte + 4);

it('sends four stop strings of many, and cuts the sample where any of them ends it', async () => {
  server.write = () => ({ tokenIds: bytes('one.two'), text: 'one.two', finish: 'length' });
  const stopStrings = ['!', '?', ';', ':', '.'];
  const [path] = await ask({ sampling: { n: 1, greedy: true, maxNewTokens: 8, stopStrings } });
  expect(server.asked('/v1/completions').at(-1)?.body['stop']).toEqual(stopStrings.slice(0, 4));
  expect(path).toMatchObject({
    ...{ steps: ['one'], tokenIds: bytes('one.'), tokenCount: 4, logProbs: [-1, -2, -3, -4] },
    ...{ meanLogProb: -2.5, finishReason: generation.FinishReason.STOP_STRING },
  });
});

it('decodes bytes that are no UTF-8 as the engine does, whatever text the server makes of them', async () => {
  const tokenIds = [...bytes('a'), 205 + 4, ...bytes('b'), 0xe4 + 4];
  server.write = () => ({ tokenIds, text: 'a\uFFFDb', finish: 'length' });
  expect(await ask()).toMatchObject([{ steps: ['a\uFFFDb\uFFFD'], tokenIds }]);
});

it('asks without stop strings where the server stopped at one that its tokens have not', async () => {
  server.write = ({ stop }) =>
    stop === undefined
      ? { tokenIds: [...bytes('x'), 0xe4 + 4, ...bytes('yz')], text: 'xyz', finish: 'length' }
      : { tokenIds: [...bytes('x'), 0xe4 + 4, ...bytes('y')], text: '', finish: 'stop', stopReason: 'xy' };
  const sampling = { n: 1, greedy: true, maxNewTokens: 4, stopStrings: ['xy'] };
  expect(await ask({ sampling })).toMatchObject([
    {
      steps: ['x\uFFFDyz'],
      tokenCount: 4,
      finishReason: generation.FinishReason.LENGTH,
    },
  ]);
});

it('gives an empty path to the one prompt that the server has no room for', async () => {
  server.write = () => ({ tokenIds: bytes('c'), text: 'c', finish: 'length' });
  const prompts = [
    { id: 'long', text: 'x'.repeat(31) },
    { id: 'short', text: 'x' },
    { id: 'full', text: 'x'.repeat(30) },
  ];
  const before = server.asked('/v1/completions').length;
  const paths = (await ask({ prompts })).sort((a, b) => a.promptId.localeCompare(b.promptId));
  expect(paths.map(({ promptId, tokenCount, finishReason }) => [promptId, tokenCount, finishReason])).toEqual(
    [
      ['full', 1, generation.FinishReason.LENGTH],
      ['long', 0, generation.FinishReason.LENGTH],
      ['short', 1, generation.FinishReason.LENGTH],
    ],
  );
  expect(server.asked('/v1/completions').length - before).toBe(2);
  expect((await client.info({})).info?.models[0]?.maxSequenceTokens).toBe(32);
});

it('refuses at once, in the server’s words, an adapter that it cannot load', async () => {
  const words =
    "Call to add_lora method failed: Worker failed with error 'LoRA rank 32 is greater than max_lora_rank 8.'";
  server.override = ({ path }) =>
    path === '/v1/load_lora_adapter' ? { status: 500, body: { error: { message: words } } } : undefined;
  const refusal = await refusalOf(ask({ model: adapters[0] }));
  expect(refusal).toMatchObject({ kind: 'failed-precondition', reason: 'BACKEND_REFUSED' });
  expect(refusal.message).toContain('LoRA rank 32 is greater than max_lora_rank 8.');
  expect(server.asked('/v1/load_lora_adapter')).toHaveLength(1);
});

it('asks again where the engine behind the server broke', async () => {
  const words = 'Call to add_lora method failed: EngineCore encountered an issue.';
  server.override = ({ path }) =>
    path === '/v1/load_lora_adapter' ? { status: 500, body: { error: { message: words } } } : undefined;
  const before = server.asked('/v1/load_lora_adapter').length;
  const refusal = await refusalOf(ask({ model: adapters[0] }));
  expect(refusal).toMatchObject({ kind: 'unavailable', reason: 'BACKEND_UNAVAILABLE' });
  expect(refusal.message).toContain('EngineCore encountered an issue');
  expect(server.asked('/v1/load_lora_adapter').length - before).toBe(2);
});

it.each(['has already been loaded.', 'has already beenloaded.'])(
  'takes an adapter that “%s” for loaded',
  async (words) => {
    const model = words.includes('been loaded') ? adapters[0] : adapters[1];
    const name = model?.adapterDigest ?? '';
    server.override = ({ path }) => {
      if (path !== '/v1/load_lora_adapter') return undefined;
      server.adapters.add(name);
      return { status: 400, body: { error: { message: `The lora adapter '${name}' ${words}` } } };
    };
    server.write = () => ({ tokenIds: bytes('d'), text: 'd', finish: 'length' });
    expect(await ask({ model })).toMatchObject([{ steps: ['d'], model }]);
  },
);

it('has an adapter loaded once, however many ask for it after the server has lost it', async () => {
  const [, , model] = adapters;
  server.write = () => ({ tokenIds: bytes('e'), text: 'e', finish: 'length' });
  await ask({ model });
  server.adapters.clear();
  const before = server.asked('/v1/load_lora_adapter').length;
  await ask({ model, sampling: { n: 16, temperature: 1, maxNewTokens: 1, seed: 1n } });
  expect(server.asked('/v1/load_lora_adapter').length - before).toBe(1);
});

it('says what the server is', async () => {
  const { info } = await client.info({});
  expect(info?.engine).toMatchObject({
    ...{ kind: 'vllm', version: '0.32.0', precision: 'bfloat16' },
    device: `cuda, openai at ${new URL(server.origin).host}`,
  });
  expect(info?.limits['max_lora_rank']).toBe(8);
});

it('takes no answer of a server whose weights another client replaced', async () => {
  server.weightVersion = `sha256:${'9'.repeat(64)}`;
  expect(await refusalOf(ask())).toMatchObject({ kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' });
  server.weightVersion = 'default';
  server.write = () => {
    server.weightVersion = 'changed meanwhile';
    return { tokenIds: bytes('f'), text: 'f', finish: 'length' };
  };
  expect(await refusalOf(ask())).toMatchObject({ reason: 'MODEL_NOT_LOADED' });
  server.weightVersion = 'default';
});
