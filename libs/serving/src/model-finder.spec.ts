import { FolderArtifactStore, type ArtifactStore } from '@sipf/artifacts';
import type { common } from '@sipf/contracts';
import { digestFolder } from '@sipf/models';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createModelFinder } from './model-finder.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const unknown = `sha256:${'0'.repeat(64)}`;
let folder: ReturnType<typeof temporaryFolder>;
let artifacts: ArtifactStore;

beforeEach(() => {
  folder = temporaryFolder();
  artifacts = new FolderArtifactStore(join(folder.path, 'store'));
});

afterEach(() => {
  folder[Symbol.dispose]();
});

/** A folder that only has to be found, not opened. */
function makeFolder(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  writeFileSync(join(path, 'config.json'), JSON.stringify({ name }));
  return path;
}

function ref(digest: string, adapterDigest = ''): common.ModelRef {
  return { digest, adapterDigest };
}

it('takes its own model for no name, an empty name and its own digest', async () => {
  const own = makeFolder('own');
  const digest = await digestFolder(own);
  const finder = await createModelFinder({ artifacts: undefined, defaultFolder: own });
  for (const name of [undefined, ref(''), ref(digest)]) {
    expect(await finder.find(name)).toEqual({ key: digest, ref: ref(digest), folder: own });
  }
});

it('finds other models and adapters in the store, under keys of their own', async () => {
  const own = makeFolder('own');
  const { digest } = await artifacts.putFolder(makeFolder('other'));
  const adapter = await artifacts.putFolder(makeFolder('adapter'));
  const finder = await createModelFinder({ artifacts, defaultFolder: own });
  const other = await finder.find(ref(digest));
  expect(await digestFolder(other.folder)).toBe(digest);
  const adapted = await finder.find(ref('', adapter.digest));
  expect(adapted).toMatchObject({ folder: own, key: `${await digestFolder(own)}+${adapter.digest}` });
  expect(await digestFolder(adapted.adapterFolder ?? '')).toBe(adapter.digest);
});

it.each([
  ['a model', ref(unknown), 'no model'],
  ['an adapter', ref('', unknown), 'no adapter'],
])('says that the store lacks %s', async (_what, name, message) => {
  const finder = await createModelFinder({ artifacts, defaultFolder: makeFolder('own') });
  const refusal = { kind: 'not-found', reason: 'MODEL_NOT_FOUND', metadata: { digest: unknown } };
  await expect(finder.find(name)).rejects.toMatchObject(refusal);
  await expect(finder.find(name)).rejects.toThrow(message);
});

it.each([
  ['nothing to serve', undefined, ref('')],
  ['a model of its own and is asked for another', 'own', ref(unknown)],
  ['a model of its own and is asked for an adapter', 'own', ref('', unknown)],
])('never takes another model when it has no store and %s', async (_what, own, name) => {
  const defaultFolder = own === undefined ? undefined : makeFolder(own);
  const finder = await createModelFinder({ artifacts: undefined, defaultFolder });
  const refusal = { kind: 'failed-precondition', reason: 'MODEL_NOT_LOADED' };
  await expect(finder.find(name)).rejects.toMatchObject(refusal);
});

it('reports a damaged model as such', async () => {
  const { digest } = await artifacts.putBytes(Buffer.from('no manifest'), 'text/plain');
  const finder = await createModelFinder({ artifacts, defaultFolder: undefined });
  await expect(finder.find(ref(digest))).rejects.toMatchObject({
    kind: 'data-loss',
    reason: 'ARTIFACT_CORRUPT',
  });
});

it('does not start on a default folder that is missing, and does not reveal its path', async () => {
  const missing = join(folder.path, 'nowhere');
  const refusal: unknown = await createModelFinder({ artifacts, defaultFolder: missing }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toMatchObject({ kind: 'not-found', reason: 'MODEL_NOT_FOUND' });
  expect(String(refusal)).not.toContain(folder.path);
});

it.each(['own', 'of the store'])(
  'finds out that a folder %s rotted before it is opened again',
  async (whose) => {
    const own = makeFolder('own');
    const stored = await artifacts.putFolder(makeFolder('other'));
    const finder = await createModelFinder({ artifacts, defaultFolder: own });
    const name = whose === 'own' ? undefined : ref(stored.digest);
    const found = await finder.find(name);
    expect(await finder.confirm(found)).toMatchObject({ folderDigest: found.ref.digest });
    const file = join(found.folder, 'config.json');
    chmodSync(file, 0o644);
    // Of the same length, as bits that fall over are.
    writeFileSync(file, readFileSync(file, 'utf8').replace('name', 'nome'));
    const reason = whose === 'own' ? 'MODEL_CHANGED' : 'ARTIFACT_CORRUPT';
    const opened = finder.find(name).then((again) => finder.confirm(again));
    await expect(opened).rejects.toMatchObject({ kind: 'data-loss', reason });
  },
);
