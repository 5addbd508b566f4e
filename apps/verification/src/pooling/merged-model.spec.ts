import { collectGarbage, FolderArtifactStore } from '@sipf/artifacts';
import {
  digestFolder,
  elementCount,
  linearModules,
  loraParameterShapes,
  parameterShapes,
  PEFT_PREFIX,
  readDecoderConfig,
  saveAdapterFolder,
  type HostTensor,
  type LoraConfig,
} from '@sipf/models';
import { tinyConfig, tinyParameters } from '@sipf/models/testing';
import { createRng } from '@sipf/random';
import type { FoundModel } from '@sipf/serving';
import { temporaryFolder, wordTokenizer, writeModelFolder } from '@sipf/serving/testing';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mergedModel } from './merged-model.ts';

const config = tinyConfig();
const LORA: LoraConfig = { rank: 2, alpha: 4, targetModules: 'all-linear', dropout: 0 };

/** A base and a verifier's adapter of it, each in its folder. */
async function writeModels(parent: string): Promise<FoundModel & { readonly adapterFolder: string }> {
  const folder = join(parent, 'base');
  const tokenizer = wordTokenizer(Array.from({ length: config.vocabSize - 3 }, (_, at) => `w${at}`));
  await writeModelFolder(folder, { config, parameters: tinyParameters(config), tokenizer });
  const verifier = tinyConfig({ head: { kind: 'token-classification', numLabels: 2, features: 'hidden' } });
  const scores = [...parameterShapes(verifier)].filter(([name]) => name.startsWith('score'));
  const shapes = new Map([
    ...loraParameterShapes(LORA, linearModules(config)),
    ...scores.map(([name, shape]) => [PEFT_PREFIX + name, shape] as const),
  ]);
  const rng = createRng('adapter');
  const tensors = new Map(
    [...shapes].map(([name, shape]): [string, HostTensor] => {
      const data = Float32Array.from({ length: elementCount(shape) }, () => rng.normal());
      return [name, { dtype: 'float32', shape, data }];
    }),
  );
  const ref = { digest: `sha256:${'b'.repeat(64)}`, adapterDigest: `sha256:${'a'.repeat(64)}` };
  const adapterFolder = join(parent, 'adapter');
  const base = { config: verifier, digest: await digestFolder(folder) };
  await saveAdapterFolder(adapterFolder, base, { lora: LORA, tensors, modulesToSave: ['score'] });
  return { key: 'both', ref, folder, adapterFolder };
}

const gone = (found: FoundModel): FoundModel => ({
  ...found,
  folder: '/nowhere/base',
  adapterFolder: '/nowhere/adapter',
});

it('merges once: another start finds the folder in the store, without base or adapter', async () => {
  using temporary = temporaryFolder();
  const found = await writeModels(temporary.path);
  const root = join(temporary.path, 'store');
  const first = await mergedModel(found, new FolderArtifactStore(root));
  expect(readDecoderConfig(first.folder).head).toMatchObject({ kind: 'token-classification' });
  expect(await mergedModel(gone(found), new FolderArtifactStore(root))).toEqual(first);
  const other = { ...gone(found), ref: { ...found.ref, adapterDigest: `sha256:${'c'.repeat(64)}` } };
  await expect(mergedModel(other, new FolderArtifactStore(root))).rejects.toThrow();
});

it('holds the weights once on the disk, and no draft', async () => {
  using temporary = temporaryFolder();
  const root = join(temporary.path, 'store');
  const { folder } = await mergedModel(await writeModels(temporary.path), new FolderArtifactStore(root));
  // The blob and its name in the folder are one file.
  expect(statSync(join(folder, 'model.safetensors')).nlink).toBe(2);
  expect(readdirSync(join(root, 'temporary'))).toEqual([]);
});

it('gives replicas that merge at the same time one model', async () => {
  using temporary = temporaryFolder();
  const found = await writeModels(temporary.path);
  const root = join(temporary.path, 'store');
  const replicas = [1, 2].map(() => mergedModel(found, new FolderArtifactStore(root)));
  const [one, two] = await Promise.all(replicas);
  expect(one).toEqual(two);
});

it('merges again what was collected as garbage, to the same digest', async () => {
  using temporary = temporaryFolder();
  const found = await writeModels(temporary.path);
  const store = new FolderArtifactStore(join(temporary.path, 'store'));
  const first = await mergedModel(found, store);
  await collectGarbage(store, [], { putBeforeMs: Infinity });
  await expect(mergedModel(gone(found), store)).rejects.toThrow();
  expect(await mergedModel(found, store)).toEqual(first);
});

it('stores nothing where the service stops meanwhile, and merges at the next start', async () => {
  using temporary = temporaryFolder();
  const found = await writeModels(temporary.path);
  const store = new FolderArtifactStore(join(temporary.path, 'store'));
  await expect(mergedModel(found, store, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    kind: 'cancelled',
  });
  rmSync(join(temporary.path, 'store'), { recursive: true });
  expect((await mergedModel(found, store)).ref.digest).toMatch(/^sha256:/);
});
