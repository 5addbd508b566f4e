import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MEDIA_TYPES, type ArtifactRef, type ArtifactStore } from '../artifact-store.ts';
import { canonicalBytes } from '../canonical-json.ts';
import { collect } from '../chunks.ts';
import { collectGarbage } from '../collect-garbage.ts';
import { digestBytes } from '../digest.ts';

const TEXT = new TextEncoder();

/** A store under test, and a way to damage its content. */
interface StoreUnderTest {
  readonly store: ArtifactStore;
  /** Another client of the same store, as another process would be. */
  readonly other: ArtifactStore;
  /** Overwrites a blob's stored bytes behind the store's back. */
  readonly damage: (digest: string, bytes: Uint8Array) => void | Promise<void>;
}

type CreateStore = () => StoreUnderTest | Promise<StoreUnderTest>;

/** What every artifact store must do; run on each implementation. */
export function describeArtifactStore(name: string, create: CreateStore): void {
  describe(name, () => {
    describe('blobs', () => {
      blobContract(create);
    });
    describe('folders', () => {
      folderContract(create);
    });
    describe('garbage', () => {
      garbageContract(create);
    });
  });
}

function blobContract(create: CreateStore): void {
  it('are named by their SHA-256 and read back by any client', async () => {
    const { store, other } = await create();
    const ref = await store.putBytes(TEXT.encode('abc'), MEDIA_TYPES.bytes);
    expect(ref).toEqual({
      digest: 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      sizeBytes: 3,
      mediaType: MEDIA_TYPES.bytes,
    });
    expect(await other.readBytes(ref, { maxBytes: 3 })).toEqual(TEXT.encode('abc'));
    expect(await other.has(ref)).toBe(true);
  });

  it('have one name whether they are put as bytes, file or stream', async () => {
    const { store } = await create();
    const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, bytes);
    const refs = [
      await store.putBytes(bytes, MEDIA_TYPES.bytes),
      await store.putFile(path, MEDIA_TYPES.bytes),
      await store.putStream(stream(bytes.subarray(0, 7), bytes.subarray(7)), MEDIA_TYPES.bytes),
    ];
    expect(new Set(refs.map(({ digest }) => digest))).toEqual(new Set([digestBytes(bytes)]));
    expect(await collect(store.list())).toMatchObject([
      { digest: digestBytes(bytes), sizeBytes: bytes.length },
    ]);
    expect(Buffer.concat(await collect(store.open(refs[0] as ArtifactRef))).equals(bytes)).toBe(true);
  });

  it('are read in parts', async () => {
    const { store } = await create();
    const ref = await store.putBytes(TEXT.encode('0123456789'), MEDIA_TYPES.bytes);
    const ranges = [
      { offset: 7, sizeBytes: 3 },
      { offset: 0, sizeBytes: 2 },
      { offset: 4, sizeBytes: 0 },
    ];
    const parts = await store.readRanges(ref, ranges);
    expect(parts.map((part) => new TextDecoder().decode(part))).toEqual(['789', '01', '']);
    await expect(store.readRanges(ref, [{ offset: 8, sizeBytes: 3 }])).rejects.toMatchObject({
      reason: 'ARTIFACT_CORRUPT',
    });
  });

  it('may be empty', async () => {
    const { store } = await create();
    const ref = await store.putBytes(new Uint8Array(), MEDIA_TYPES.bytes);
    expect(await store.readBytes(ref, { maxBytes: 0 })).toEqual(new Uint8Array());
  });

  it('may be put by several clients at the same time', async () => {
    const { store, other } = await create();
    const puts = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? store : other).putBytes(TEXT.encode(`blob ${index % 3}`), MEDIA_TYPES.bytes),
    );
    const refs = await Promise.all(puts);
    for (const ref of refs) await store.verify(ref);
    expect(await collect(store.list())).toHaveLength(3);
  });

  it('are not stored when their stream fails', async () => {
    const { store } = await create();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(TEXT.encode('half'));
      throw new RangeError('cut off');
    }
    await expect(store.putStream(failing(), MEDIA_TYPES.bytes)).rejects.toThrow('cut off');
    expect(await collect(store.list())).toEqual([]);
  });

  it('over the caller’s limit are not read', async () => {
    const { store } = await create();
    const ref = await store.putBytes(TEXT.encode('abcd'), MEDIA_TYPES.bytes);
    await expect(store.readBytes(ref, { maxBytes: 3 })).rejects.toMatchObject({
      kind: 'resource-exhausted',
      reason: 'ARTIFACT_TOO_LARGE',
    });
  });

  it.each([
    ['torn', 'ab'],
    ['changed', 'abd'],
    ['grown', 'abcd'],
    ['emptied', ''],
  ])('that were %s on the disk are found out by every reader and healed by a put', async (_, damaged) => {
    const { store, damage } = await create();
    const ref = await store.putBytes(TEXT.encode('abc'), MEDIA_TYPES.bytes);
    await damage(ref.digest, TEXT.encode(damaged));
    const corrupt = { kind: 'data-loss', reason: 'ARTIFACT_CORRUPT', metadata: { digest: ref.digest } };
    await expect(store.verify(ref)).rejects.toMatchObject(corrupt);
    await expect(store.readBytes(ref, { maxBytes: 100 })).rejects.toMatchObject(corrupt);
    await expect(collect(store.open(ref))).rejects.toMatchObject(corrupt);
    await store.putBytes(TEXT.encode('abc'), MEDIA_TYPES.bytes);
    await store.verify(ref);
  });

  it('that are unknown are reported as not found', async () => {
    const { store } = await create();
    const ref = { digest: digestBytes(TEXT.encode('never')), sizeBytes: 5, mediaType: MEDIA_TYPES.bytes };
    const notFound = { kind: 'not-found', reason: 'ARTIFACT_NOT_FOUND' };
    expect(await store.has(ref)).toBe(false);
    await expect(store.verify(ref)).rejects.toMatchObject(notFound);
    await expect(store.readBytes(ref, { maxBytes: 9 })).rejects.toMatchObject(notFound);
    await expect(store.folder(ref)).rejects.toMatchObject(notFound);
    await expect(store.putFile(join(temporaryFolder(), 'none'), MEDIA_TYPES.bytes)).rejects.toMatchObject({
      kind: 'not-found',
      reason: 'FILE_NOT_FOUND',
      message: 'the file none is missing or cannot be read',
    });
  });

  it.each(['', 'abc', 'sha256:../../etc/passwd', `sha256:${'A'.repeat(64)}`, `sha256:${'a'.repeat(63)}`])(
    'are not looked up by the malformed digest %j',
    async (digest) => {
      const { store } = await create();
      const ref = { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.bytes };
      const invalid = { kind: 'invalid-argument', reason: 'ARTIFACT_REF_INVALID' };
      await expect(store.has(ref)).rejects.toMatchObject(invalid);
      await expect(store.folder(ref)).rejects.toMatchObject(invalid);
      await expect(store.verify(ref)).rejects.toMatchObject(invalid);
    },
  );
}

function folderContract(create: CreateStore): void {
  it('are materialised with the same files, subfolders included', async () => {
    const { store, other } = await create();
    const ref = await store.putFolder(modelFolder());
    const path = await other.folder(ref);
    expect(ref.mediaType).toBe(MEDIA_TYPES.folder);
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toBe('{}');
    expect(readFileSync(join(path, 'sub', 'deep', 'note.txt'), 'utf8')).toBe('note');
    expect(await store.folder(ref)).toBe(path);
    await store.verify(ref);
  });

  it('have the digest of their canonical manifest, whatever else is beside the accepted files', async () => {
    const { store } = await create();
    const ref = await store.putFolder(modelFolder(), (path) => !path.startsWith('sub/'));
    const file = (path: string, text: string) => {
      const bytes = TEXT.encode(text);
      return { path, digest: digestBytes(bytes), sizeBytes: bytes.length };
    };
    const files = [file('config.json', '{}'), file('model.safetensors', 'weights')];
    expect(ref.digest).toBe(digestBytes(canonicalBytes({ files })));
    // The same number stands in the specification of libs/models' digestFolder.
    expect(ref.digest).toBe('sha256:0c6b1742f898cb38862a34aa71172744b1477d68ad77430c8a2f856771ea547a');
  });

  it('take a link to a file for the file', async () => {
    const { store } = await create();
    const dir = modelFolder();
    const plain = await store.putFolder(dir, (path) => path === 'config.json');
    const linked = temporaryFolder();
    symlinkSync(join(dir, 'config.json'), join(linked, 'config.json'));
    expect(await store.putFolder(linked)).toEqual(plain);
  });

  it('may be materialised by many clients at the same time', async () => {
    const { store, other } = await create();
    const ref = await store.putFolder(modelFolder());
    const paths = await Promise.all(
      Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? store : other).folder(ref)),
    );
    expect(new Set(paths).size).toBe(1);
    expect(readFileSync(join(paths[0] as string, 'model.safetensors'), 'utf8')).toBe('weights');
  });

  it('with a damaged or missing file are not materialised', async () => {
    const { store, damage } = await create();
    const ref = await store.putFolder(modelFolder());
    const weights = digestBytes(TEXT.encode('weights'));
    await damage(weights, TEXT.encode('weighty'));
    const corrupt = { kind: 'data-loss', reason: 'ARTIFACT_CORRUPT', metadata: { digest: weights } };
    await expect(store.folder(ref)).rejects.toMatchObject(corrupt);
    await expect(store.verify(ref)).rejects.toMatchObject(corrupt);
  });

  it('are made again where a materialised file was lost', async () => {
    const { store } = await create();
    const ref = await store.putFolder(modelFolder());
    const path = await store.folder(ref);
    rmSync(join(path, 'config.json'));
    expect(await store.folder(ref)).toBe(path);
    expect(existsSync(join(path, 'config.json'))).toBe(true);
  });

  it('are made again where a file rotted, grew a neighbour or became a folder, and verifyCopy says so before', async () => {
    const { store } = await create();
    const ref = await store.putFolder(modelFolder());
    expect(await store.verifyCopy(ref)).toBe(false);
    const path = await store.folder(ref);
    expect(await store.verifyCopy(ref)).toBe(true);
    const weights = join(path, 'model.safetensors');
    const damages = [
      () => {
        rmSync(weights);
        writeFileSync(weights, 'weighty');
      },
      () => {
        writeFileSync(join(path, 'tokenizer.json'), '{}');
      },
      () => {
        rmSync(weights);
        mkdirSync(weights);
      },
    ];
    for (const damage of damages) {
      damage();
      await expect(store.verifyCopy(ref)).rejects.toMatchObject({ reason: 'ARTIFACT_CORRUPT' });
      expect(await store.folder(ref)).toBe(path);
      expect(readFileSync(weights, 'utf8')).toBe('weights');
      expect(await store.verifyCopy(ref)).toBe(true);
    }
    await store.verify(ref);
  });

  it.each(['../outside', '/etc/passwd', 'a//b', 'a/./b', '', 'a\\b', 'C:x', 'nul\0', 'line\nfeed'])(
    'are refused with the path %j in their manifest',
    async (path) => {
      const { store } = await create();
      const blob = await store.putBytes(TEXT.encode('x'), MEDIA_TYPES.bytes);
      const manifest = { files: [{ path, digest: blob.digest, sizeBytes: 1 }] };
      const ref = await store.putBytes(canonicalBytes(manifest), MEDIA_TYPES.folder);
      await expect(store.folder(ref)).rejects.toMatchObject({
        kind: 'invalid-argument',
        reason: 'ARTIFACT_PATH_INVALID',
      });
    },
  );

  it.each([
    'not JSON',
    '[]',
    '{"files":[{"path":"a","digest":"sha256:1","sizeBytes":1}]}',
    '{"files":[],"more":1}',
  ])('are refused with the manifest %j', async (text) => {
    const { store } = await create();
    const ref = await store.putBytes(TEXT.encode(text), MEDIA_TYPES.folder);
    await expect(store.folder(ref)).rejects.toMatchObject({ reason: 'ARTIFACT_CORRUPT' });
  });

  it.each([
    ['one path twice', ['a', 'a'], 'ARTIFACT_PATH_INVALID'],
    ['a file that is a folder as well', ['a/b', 'a'], 'ARTIFACT_PATH_INVALID'],
  ])('with %s are refused', async (_, paths, reason) => {
    const { store } = await create();
    const { digest } = await store.putBytes(TEXT.encode('x'), MEDIA_TYPES.bytes);
    const files = paths.map((path) => ({ path, digest, sizeBytes: 1 }));
    const ref = await store.putBytes(canonicalBytes({ files }), MEDIA_TYPES.folder);
    await expect(store.folder(ref)).rejects.toMatchObject({ reason });
  });

  it('whose manifest has another size than the file are refused', async () => {
    const { store } = await create();
    const { digest } = await store.putBytes(TEXT.encode('x'), MEDIA_TYPES.bytes);
    const manifest = { files: [{ path: 'a', digest, sizeBytes: 2 }] };
    const ref = await store.putBytes(canonicalBytes(manifest), MEDIA_TYPES.folder);
    await expect(store.folder(ref)).rejects.toMatchObject({ reason: 'ARTIFACT_CORRUPT' });
  });

  it('are made on the disk of the store, and are those that would have been put', async () => {
    const { store, other } = await create();
    const from = modelFolder();
    const accept = (path: string): boolean => path !== 'sub/deep/note.txt';
    let drafted = '';
    const make = async (path: string): Promise<void> => {
      drafted = path;
      expect(existsSync(path)).toBe(false);
      await cp(from, path, { recursive: true });
    };
    const made = await store.makeFolder(make, accept);
    expect(existsSync(drafted)).toBe(false);
    expect(await store.putFolder(from, accept)).toEqual(made);
    await store.verify(made);
    const path = await store.folder(made);
    expect(readFileSync(join(path, 'model.safetensors'), 'utf8')).toBe('weights');
    expect(readFileSync(join(await other.folder(made), 'config.json'), 'utf8')).toBe('{}');
    // Again, where all of it is there.
    expect(await store.makeFolder(make, accept)).toEqual(made);
    expect(await store.folder(made)).toBe(path);
  });

  it('leave nothing where their making fails', async () => {
    const { store } = await create();
    let drafted = '';
    const failing = store.makeFolder(async (path) => {
      drafted = path;
      await cp(modelFolder(), path, { recursive: true });
      throw new RangeError('out of space');
    });
    await expect(failing).rejects.toThrow('out of space');
    expect(existsSync(drafted)).toBe(false);
    expect(await collect(store.list())).toEqual([]);
  });

  it('are recalled by what they were made of, by any client, and are no blobs', async () => {
    const { store, other } = await create();
    const [key, one, another] = ['made of', 'one', 'another'].map((text) => digestBytes(TEXT.encode(text)));
    expect(await store.recall(key as string)).toBeUndefined();
    await store.remember(key as string, one as string);
    expect(await other.recall(key as string)).toBe(one);
    await other.remember(key as string, another as string);
    expect(await store.recall(key as string)).toBe(another);
    expect(await collect(store.list())).toEqual([]);
    await expect(store.remember('../key', one as string)).rejects.toMatchObject({
      reason: 'ARTIFACT_REF_INVALID',
    });
  });

  it('that do not exist cannot be put', async () => {
    const { store } = await create();
    await expect(store.putFolder(join(temporaryFolder(), 'none'))).rejects.toMatchObject({
      kind: 'not-found',
      reason: 'FILE_NOT_FOUND',
      message: 'the folder none is missing or cannot be read',
    });
  });
}

function garbageContract(create: CreateStore): void {
  const later = { putBeforeMs: Date.now() + 3_600_000 };

  it('is what no root reaches, neither itself nor as a file of a folder', async () => {
    const { store, other } = await create();
    const model = await store.putFolder(modelFolder());
    const kept = await store.putBytes(TEXT.encode('kept'), MEDIA_TYPES.bytes);
    const lost = await store.putBytes(TEXT.encode('lost'), MEDIA_TYPES.bytes);
    const roots = [model.digest, kept.digest, digestBytes(TEXT.encode('of another store'))];
    const counts = { removedBlobs: 1, removedBytes: 4, keptBlobs: 5, youngBlobs: 0 };
    expect(await collectGarbage(store, roots, { ...later, dryRun: true })).toEqual(counts);
    expect(await other.has(lost)).toBe(true);
    expect(await collectGarbage(store, roots, later)).toEqual(counts);
    expect(await other.has(lost)).toBe(false);
    await other.verify(model);
    await other.verify(kept);
  });

  it('stays while it is young, and a put makes it young again', async () => {
    const { store } = await create();
    const ref = await store.putBytes(TEXT.encode('unreferenced'), MEDIA_TYPES.bytes);
    const [first] = await collect(store.list());
    const putAt = first?.modifiedAtMs ?? Number.NaN;
    const before = { putBeforeMs: putAt - 1 };
    expect(await collectGarbage(store, [], before)).toMatchObject({ removedBlobs: 0, youngBlobs: 1 });
    // Servers keep whole seconds.
    await setTimeout(1100);
    await store.putBytes(TEXT.encode('unreferenced'), MEDIA_TYPES.bytes);
    expect(await collectGarbage(store, [], { putBeforeMs: putAt })).toMatchObject({ removedBlobs: 0 });
    await store.verify(ref);
    // As of a collection that listed it before it was put again: its age is looked at once more.
    expect(await store.removeUnlessYounger(ref.digest, putAt)).toBe(false);
    await store.verify(ref);
    expect(await collectGarbage(store, [], later)).toMatchObject({ removedBlobs: 1 });
  });

  it('may be put again', async () => {
    const { store } = await create();
    const ref = await store.putBytes(TEXT.encode('again'), MEDIA_TYPES.bytes);
    await collectGarbage(store, [], later);
    await expect(store.verify(ref)).rejects.toMatchObject({ reason: 'ARTIFACT_NOT_FOUND' });
    await store.putBytes(TEXT.encode('again'), MEDIA_TYPES.bytes);
    await store.verify(ref);
  });

  it('is not collected where a folder cannot be read', async () => {
    const { store, damage } = await create();
    const model = await store.putFolder(modelFolder());
    await damage(model.digest, TEXT.encode('{"files":[torn'));
    const lost = await store.putBytes(TEXT.encode('lost'), MEDIA_TYPES.bytes);
    await expect(collectGarbage(store, [model.digest], later)).rejects.toMatchObject({
      reason: 'ARTIFACT_CORRUPT',
    });
    expect(await store.has(lost)).toBe(true);
  });
}

/** A new folder that is removed when the current test is finished. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sipf-artifacts-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

function modelFolder(): string {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'sub', 'deep'), { recursive: true });
  writeFileSync(join(dir, 'model.safetensors'), 'weights');
  writeFileSync(join(dir, 'config.json'), '{}');
  writeFileSync(join(dir, 'sub', 'deep', 'note.txt'), 'note');
  return dir;
}

async function* stream(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
