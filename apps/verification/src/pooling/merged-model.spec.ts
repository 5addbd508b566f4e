import { canonicalBytes, collectGarbage, digestBytes, FolderArtifactStore } from '@sipf/artifacts';
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
import type { Logger } from '@sipf/service';
import type { FoundModel } from '@sipf/serving';
import { temporaryFolder, wordTokenizer, writeModelFolder } from '@sipf/serving/testing';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { mergedModel, mergeKey } from './merged-model.ts';

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

/** Under which the store remembers who is at a merge. */
function claimOf(key: string): string {
  return digestBytes(canonicalBytes({ what: 'claim', of: key }));
}

it('has one of two replicas merge that start together, and the other wait for it, and say so', async () => {
  using temporary = temporaryFolder();
  const found = await writeModels(temporary.path);
  const root = join(temporary.path, 'store');
  const lines: string[] = [];
  const logger = { info: (line: string) => lines.push(line) } as unknown as Logger;
  // The second has neither base nor adapter, and could not merge.
  const first = mergedModel(found, new FolderArtifactStore(root), { timing: { settleMs: 100 } });
  const claim = claimOf(mergeKey(found));
  const store = new FolderArtifactStore(root);
  await vi.waitUntil(async () => (await store.recall(claim)) !== undefined, { interval: 5 });
  const second = mergedModel(gone(found), new FolderArtifactStore(root), { logger, timing: { settleMs: 5 } });
  const [one, two] = await Promise.all([first, second]);
  expect(two).toEqual(one);
  expect(lines).toEqual([expect.stringContaining('waits for another replica') as string]);
});

it('gives replicas that merge at the same time one model', async () => {
  using temporary = temporaryFolder();
  const found = await writeModels(temporary.path);
  const root = join(temporary.path, 'store');
  const replicas = [1, 2].map(() => mergedModel(found, new FolderArtifactStore(root)));
  const [one, two] = await Promise.all(replicas);
  expect(one).toEqual(two);
});

it('takes the place of a replica that was killed at it, and removes its draft; one that lives is waited for as long as said', async () => {
  using temporary = temporaryFolder();
  const found = await writeModels(temporary.path);
  const store = new FolderArtifactStore(join(temporary.path, 'store'));
  const key = mergeKey(found);
  const draft = join(temporary.path, 'store', 'temporary', `${key.replace('sha256:', '')}.killed`);
  mkdirSync(draft, { recursive: true });
  const claim = claimOf(key);
  await store.remember(claim, `sha256:${'d'.repeat(64)}`);
  const stopped = mergedModel(found, store, { signal: AbortSignal.timeout(30) });
  await expect(stopped).rejects.toMatchObject({ kind: 'deadline-exceeded' });
  expect(existsSync(draft)).toBe(true);
  const timing = { settleMs: 5, silentMs: 50 };
  expect((await mergedModel(found, store, { timing })).ref.digest).toMatch(/^sha256:/);
  expect(existsSync(draft)).toBe(false);

  await collectGarbage(store, [], { putBeforeMs: Infinity });
  let beats = 0;
  let beating = Promise.resolve();
  const alive = setInterval(() => {
    beating = store.remember(claim, digestBytes(canonicalBytes({ beats: beats++ })));
  }, 20);
  try {
    const patient = { settleMs: 5, silentMs: 10_000, longestMs: 100 };
    const merged = await mergedModel(found, store, { timing: patient });
    expect(merged.ref.digest).toMatch(/^sha256:/);
    expect(beats).toBeGreaterThan(2);
  } finally {
    clearInterval(alive);
    await beating;
  }
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
