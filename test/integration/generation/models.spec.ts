import { FolderArtifactStore } from '@sipf/artifacts';
import { common, generation } from '@sipf/contracts';
import { digestFolder } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, expectNoPaths, lasting, refusalOf } from '../../support/calls.ts';
import {
  answering,
  randomModel,
  randomVerifier,
  temporaryFolder,
  writeAdapter,
  writeModel,
} from '../../support/models.ts';
import { runProgram, startProgram, type RunningProgram } from '../../support/start-program.ts';

const folder = temporaryFolder();
const store = new FolderArtifactStore(join(folder.path, 'store'));
const sampling = common.SamplingSettings.fromPartial({ n: 1, temperature: 1, maxNewTokens: 8, seed: 1n });
let own: string;
let program: RunningProgram;
let client: ServiceClient<generation.GenerationServiceDefinition>;

beforeAll(async () => {
  own = await writeModel(folder.path, 'own', answering());
  const flags = ['--model', own, '--artifacts', join(folder.path, 'store')];
  program = await startProgram('generation', flags);
  client = createClient(generation.GenerationServiceDefinition, program.address);
});

afterAll(async () => {
  client.close();
  await program[Symbol.asyncDispose]();
  folder.remove();
  expectNoPaths(program.log());
});

async function ask(
  request: Partial<generation.GenerateRequest> = {},
): Promise<generation.GenerateResponse[]> {
  const prompts = [{ id: 'q', text: 'How many pens are left?\n' }];
  return collect(client.generate({ prompts, sampling, ...request }));
}

/** The service still answers, with its own model. */
async function expectService(): Promise<void> {
  const [path] = await ask();
  expect(path).toMatchObject({ text: expect.stringMatching(/^#### [12]$/) as string });
  expect(path?.model?.digest).toBe(await digestFolder(own));
}

async function put(name: string, damage: (dir: string) => void = () => undefined): Promise<common.ModelRef> {
  const dir = join(folder.path, name);
  cpSync(own, dir, { recursive: true });
  damage(dir);
  const { digest } = await store.putFolder(dir);
  return { digest, adapterDigest: '' };
}

function editConfig(dir: string, changes: object): void {
  const path = join(dir, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...config, ...changes }));
}

it('loads a model of the store when it is asked for it, and goes back', async () => {
  const dir = await writeModel(folder.path, 'other', randomModel('other'));
  const { digest } = await store.putFolder(dir);
  const [path] = await ask({ model: { digest, adapterDigest: '' } });
  expect(path?.model?.digest).toBe(digest);
  const { info } = await client.info({});
  expect(info?.models.map(({ model }) => model?.digest)).toEqual([digest]);
  await expectService();
});

it('applies an adapter of its model', async () => {
  const base = randomModel('base');
  const dir = await writeModel(folder.path, 'base', base);
  const { digest } = await store.putFolder(dir);
  const adapter = await store.putFolder(await writeAdapter(join(folder.path, 'adapter'), base, digest));
  const model = { digest, adapterDigest: adapter.digest };
  const [adapted] = await ask({ model, returnLogProbs: true });
  const [plain] = await ask({ model: { digest, adapterDigest: '' }, returnLogProbs: true });
  expect(adapted?.model).toEqual(model);
  expect(adapted?.logProbs).not.toEqual(plain?.logProbs);
});

it('writes with several adapters of one base and with the base at once, each as alone', async () => {
  const base = randomModel('shared');
  const { digest } = await store.putFolder(await writeModel(folder.path, 'shared', base));
  const models: common.ModelRef[] = [{ digest, adapterDigest: '' }];
  for (const seed of ['one', 'two']) {
    const dir = await writeAdapter(join(folder.path, seed), base, digest, { seed });
    models.push({ digest, adapterDigest: (await store.putFolder(dir)).digest });
  }
  const written = async (model: common.ModelRef) =>
    (await ask({ model, returnLogProbs: true, returnTokenIds: true })).map(lasting);
  const alone: unknown[] = [];
  for (const model of models) alone.push(await written(model));
  const together = await Promise.all([...models, ...models].map(written));
  expect(together).toEqual([...alone, ...alone]);
});

it('says that it knows no model of an unknown digest', async () => {
  const model = { digest: `sha256:${'0'.repeat(64)}`, adapterDigest: '' };
  const refusal = await refusalOf(ask({ model }));
  expect(refusal).toMatchObject({
    kind: 'not-found',
    reason: 'MODEL_NOT_FOUND',
    metadata: { digest: model.digest },
  });
});

const damages: readonly (readonly [string, (dir: string) => void, string, string])[] = [
  [
    'whose weights are cut off',
    (dir) => {
      truncateSync(join(dir, 'model.safetensors'), 4000);
    },
    'data-loss',
    'SAFETENSORS_TRUNCATED',
  ],
  [
    'without weights',
    (dir) => {
      rmSync(join(dir, 'model.safetensors'));
    },
    'not-found',
    'WEIGHTS_NOT_FOUND',
  ],
  [
    'without a tokenizer',
    (dir) => {
      rmSync(join(dir, 'tokenizer.json'));
    },
    'not-found',
    'MODEL_FILE_NOT_FOUND',
  ],
  [
    'of an unknown family',
    (dir) => {
      editConfig(dir, { model_type: 'abacus', architectures: ['AbacusForCausalLM'] });
    },
    'failed-precondition',
    'UNKNOWN_MODEL_TYPE',
  ],
  [
    'whose vocabulary does not match',
    (dir) => {
      editConfig(dir, { vocab_size: 50 });
    },
    'failed-precondition',
    'VOCABULARY_MISMATCH',
  ],
  [
    'whose weights have other shapes',
    (dir) => {
      editConfig(dir, { intermediate_size: 6 });
    },
    'failed-precondition',
    'TENSORS_MISMATCH',
  ],
  [
    'whose configuration is not JSON',
    (dir) => {
      writeFileSync(join(dir, 'config.json'), '{');
    },
    'failed-precondition',
    'MODEL_FILE_INVALID',
  ],
];

it.each(damages)('refuses a model %s and keeps serving', async (name, damage, kind, reason) => {
  const model = await put(name.replaceAll(' ', '-'), damage);
  expect(await refusalOf(ask({ model }))).toMatchObject({ kind, reason });
  await expectService();
});

it('refuses an adapter of another base and keeps serving', async () => {
  const base = randomModel('stranger');
  const { digest } = await store.putFolder(await writeModel(folder.path, 'stranger', base));
  const dir = await writeAdapter(join(folder.path, 'foreign-adapter'), base, await digestFolder(own));
  const adapter = await store.putFolder(dir);
  const model = { digest, adapterDigest: adapter.digest };
  const refusal = { kind: 'failed-precondition', reason: 'ADAPTER_BASE_MISMATCH' };
  expect(await refusalOf(ask({ model }))).toMatchObject(refusal);
  expect(await refusalOf(ask({ model: { digest: '', adapterDigest: adapter.digest } }))).toMatchObject(
    refusal,
  );
  await expectService();
});

it('refuses to write with a verifier and keeps serving', async () => {
  const { digest } = await store.putFolder(await writeModel(folder.path, 'verifier', randomVerifier('v')));
  const refusal = { kind: 'failed-precondition', reason: 'NOT_A_LANGUAGE_MODEL' };
  expect(await refusalOf(ask({ model: { digest, adapterDigest: '' } }))).toMatchObject(refusal);
  await expectService();
});

it('reports a damaged store as such and keeps serving', async () => {
  const model = await put('damaged', (dir) => {
    editConfig(dir, { rope_theta: 500 });
  });
  const hex = model.digest.slice('sha256:'.length);
  const blob = join(folder.path, 'store/blobs', hex.slice(0, 2), hex);
  rmSync(blob);
  writeFileSync(blob, 'something else');
  expect(await refusalOf(ask({ model }))).toMatchObject({ kind: 'data-loss', reason: 'ARTIFACT_CORRUPT' });
  await expectService();
});

it('has nothing to serve when it was started with nothing', async () => {
  await using empty = await startProgram('generation');
  using other = createClient(generation.GenerationServiceDefinition, empty.address);
  for (const model of [undefined, { digest: `sha256:${'0'.repeat(64)}` }]) {
    const call = collect(other.generate({ prompts: [{ id: 'q' }], sampling, ...(model && { model }) }));
    expect(await refusalOf(call)).toMatchObject({ kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' });
  }
});

it.each([
  ['that is missing', 'nowhere', 'MODEL_NOT_FOUND'],
  ['that is empty', 'empty', 'MODEL_FILE_NOT_FOUND'],
])('does not start with a model %s', async (_what, name, reason) => {
  mkdirSync(join(folder.path, 'empty'), { recursive: true });
  const { status, log } = await runProgram('generation', ['--model', join(folder.path, name)]);
  expect(status).toBe(69);
  expect(log).toContain(`"reason":"${reason}"`);
  expectNoPaths(log);
});
