import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MEDIA_TYPES } from './artifact-store.ts';
import { collect } from './chunks.ts';
import { FolderArtifactStore } from './folder-artifact-store.ts';
import { describeArtifactStore, temporaryFolder } from './testing/artifact-store-contract.ts';

function blobPath(root: string, digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(root, 'blobs', hex.slice(0, 2), hex);
}

describeArtifactStore('FolderArtifactStore', () => {
  const root = join(temporaryFolder(), 'store');
  return {
    store: new FolderArtifactStore(root),
    other: new FolderArtifactStore(root),
    damage: (digest, bytes) => {
      chmodSync(blobPath(root, digest), 0o644);
      writeFileSync(blobPath(root, digest), bytes);
    },
  };
});

describe('FolderArtifactStore on the disk', () => {
  it('leaves nothing temporary behind, whether a put or a materialisation succeeds or fails', async () => {
    const root = join(temporaryFolder(), 'store');
    const store = new FolderArtifactStore(root);
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'a'), 'a');
    const ref = await store.putFolder(dir);
    await store.putFolder(dir);
    const blob = await store.putBytes(new Uint8Array([1]), MEDIA_TYPES.bytes);
    await Promise.all([store.folder(ref), store.folder(ref)]);
    await expect(store.folder(blob)).rejects.toThrow();
    expect(readdirSync(join(root, 'temporary'))).toEqual([]);
  });

  it('materialises by hard links, so that a folder takes no space of its own', async () => {
    const root = join(temporaryFolder(), 'store');
    const store = new FolderArtifactStore(root);
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'a'), 'content');
    const path = await store.folder(await store.putFolder(dir));
    const blob = await store.putFile(join(dir, 'a'), MEDIA_TYPES.bytes);
    expect(statSync(join(path, 'a')).ino).toBe(statSync(blobPath(root, blob.digest)).ino);
  });

  it('refuses a folder whose bytes rotted together with the blob they are linked to, until the content is put again', async () => {
    const root = join(temporaryFolder(), 'store');
    const store = new FolderArtifactStore(root);
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'model.safetensors'), 'weights');
    const ref = await store.putFolder(dir);
    const file = join(await store.folder(ref), 'model.safetensors');
    await store.folder(ref);
    chmodSync(file, 0o644);
    writeFileSync(file, 'weighty');
    await expect(store.folder(ref)).rejects.toMatchObject({ reason: 'ARTIFACT_CORRUPT' });
    expect(await store.putFolder(dir)).toEqual(ref);
    expect(readFileSync(join(await store.folder(ref), 'model.safetensors'), 'utf8')).toBe('weights');
  });

  it('ignores what a crashed writer left unfinished', async () => {
    const root = join(temporaryFolder(), 'store');
    const store = new FolderArtifactStore(root);
    const ref = await store.putBytes(new Uint8Array([1, 2]), MEDIA_TYPES.bytes);
    writeFileSync(join(root, 'temporary', 'unfinished'), 'half a bl');
    expect(await collect(store.list())).toMatchObject([{ digest: ref.digest, sizeBytes: 2 }]);
  });

  it('serves several processes that materialise one folder at the same time', async () => {
    const root = join(temporaryFolder(), 'store');
    const dir = temporaryFolder();
    for (let index = 0; index < 20; index++) writeFileSync(join(dir, `file-${index}`), `content ${index}`);
    const ref = await new FolderArtifactStore(root).putFolder(dir);
    const script = new URL('./testing/materialise-process.ts', import.meta.url);
    const children = [1, 2, 3].map(() => fork(script, [root, JSON.stringify(ref)]));
    const codes = await Promise.all(
      children.map((child) => once(child, 'exit').then(([code]) => code as number)),
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(readdirSync(join(root, 'folders', ref.digest.slice('sha256:'.length)))).toHaveLength(20);
  });
});
