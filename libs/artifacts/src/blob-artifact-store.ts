import { SipfError } from '@sipf/errors';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { artifactCorrupt, artifactNotFound, isSystemError } from './artifact-errors.ts';
import {
  MEDIA_TYPES,
  type ArtifactRef,
  type ArtifactStore,
  type ByteRange,
  type StoredBlob,
} from './artifact-store.ts';
import type { BlobStorage } from './blobs/blob-storage.ts';
import { oneChunk, readChunks, tap } from './chunks.ts';
import { createRunningDigest, digestBytes, digestHex } from './digest.ts';
import { linkOrCopy, publishFile, writeChunks } from './durable-file.ts';
import { digestFile } from './file-digest.ts';
import {
  encodeManifest,
  listFolder,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type ManifestFile,
} from './folder-manifest.ts';
import { isMaterialised, materialise } from './materialise.ts';
import { readRanges } from './read-ranges.ts';

/**
 * A store of blobs that lie anywhere. Locally it keeps `folders/<64 hex>`, materialised folder artifacts, `downloads/<64 hex>`,
 * blobs of a server that are read in parts, and `temporary`, what is being written; a blob is stored only when it is complete.
 */
export class BlobArtifactStore implements ArtifactStore {
  readonly #blobs: BlobStorage;
  readonly #local: string;

  /** @param local folder for materialised folders and unfinished files; made at the first put */
  constructor(blobs: BlobStorage, local: string) {
    this.#blobs = blobs;
    this.#local = local;
  }

  async putBytes(bytes: Uint8Array, mediaType: string): Promise<ArtifactRef> {
    const ref = { digest: digestBytes(bytes), sizeBytes: bytes.byteLength, mediaType };
    if (await this.#keepsIntact(ref)) return ref;
    return this.putStream(oneChunk(bytes), mediaType);
  }

  async putFile(path: string, mediaType: string): Promise<ArtifactRef> {
    const info = await stat(path).catch(() => undefined);
    if (!info?.isFile()) {
      const message = `the file ${basename(path)} is missing or cannot be read`;
      throw new SipfError('not-found', message, { reason: 'FILE_NOT_FOUND' });
    }
    return this.putStream(readChunks(path), mediaType);
  }

  async putStream(stream: AsyncIterable<Uint8Array>, mediaType: string): Promise<ArtifactRef> {
    const temporary = await this.#temporaryPath();
    const running = createRunningDigest();
    await writeChunks(temporary, tap(stream, running.update));
    const ref = { ...running.finish(), mediaType };
    try {
      if (await this.#keepsIntact(ref)) return ref;
      await this.#blobs.publish(ref.digest, { path: temporary, sizeBytes: ref.sizeBytes });
      return ref;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async putFolder(dir: string, accept: (path: string) => boolean = () => true): Promise<ArtifactRef> {
    const files: ManifestFile[] = [];
    for (const path of await listFolder(dir, accept)) {
      const { digest, sizeBytes } = await this.putFile(join(dir, path), MEDIA_TYPES.bytes);
      files.push({ path, digest, sizeBytes });
    }
    return this.putBytes(encodeManifest(files), MEDIA_TYPES.folder);
  }

  async makeFolder(
    make: (path: string) => Promise<unknown>,
    accept: (path: string) => boolean = () => true,
    purpose?: string,
  ): Promise<ArtifactRef> {
    const own = await this.#temporaryPath();
    const draft = purpose === undefined ? own : draftOf(purpose, own);
    if (purpose !== undefined) await removeDrafts(dirname(draft), purpose);
    try {
      await make(draft);
      const files: ManifestFile[] = [];
      for (const path of await listFolder(draft, accept)) files.push(await this.#takeFile(draft, path));
      const ref = await this.putBytes(encodeManifest(files), MEDIA_TYPES.folder);
      if (this.#blobs.localPath === undefined) await this.#keepDraft(draft, ref, files);
      return ref;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  async remember(key: string, digest: string): Promise<void> {
    digestHex(digest);
    await this.#blobs.writeNote(key, digest);
  }

  async recall(key: string): Promise<string | undefined> {
    const found = await this.#blobs.readNote(key);
    if (found === undefined) return undefined;
    digestHex(found);
    return found;
  }

  async *open({ digest: wanted }: Pick<ArtifactRef, 'digest'>): AsyncGenerator<Uint8Array> {
    digestHex(wanted);
    const running = createRunningDigest();
    yield* tap(this.#blobs.read(wanted), running.update);
    const { digest, sizeBytes } = running.finish();
    if (digest !== wanted) throw artifactCorrupt(wanted, `its ${sizeBytes} bytes have another hash`);
  }

  async readBytes(ref: ArtifactRef, { maxBytes }: { readonly maxBytes: number }): Promise<Uint8Array> {
    const sizeBytes = await this.#size(ref.digest);
    if (sizeBytes > maxBytes) {
      const message = `artifact ${ref.digest} has ${sizeBytes} bytes, over the limit of ${maxBytes}`;
      throw new SipfError('resource-exhausted', message, { reason: 'ARTIFACT_TOO_LARGE' });
    }
    const bytes = new Uint8Array(sizeBytes);
    let position = 0;
    for await (const chunk of this.open(ref)) {
      // Longer than it was said to be, it cannot have the right hash.
      if (position + chunk.byteLength > sizeBytes)
        throw artifactCorrupt(ref.digest, 'it grew while it was read');
      bytes.set(chunk, position);
      position += chunk.byteLength;
    }
    return bytes;
  }

  async readRanges(
    { digest }: Pick<ArtifactRef, 'digest'>,
    ranges: readonly ByteRange[],
  ): Promise<Uint8Array[]> {
    digestHex(digest);
    const path = this.#blobs.localPath?.(digest) ?? (await this.#download(digest));
    return await readRanges(path, digest, ranges);
  }

  async folder(ref: ArtifactRef): Promise<string> {
    const files = await this.folderFiles(ref);
    const path = join(this.#local, 'folders', digestHex(ref.digest));
    const isWhole = (): Promise<boolean> => isMaterialised(path, files);
    if (await isWhole()) return path;
    const temporary = await this.#temporaryPath();
    await materialise({
      path,
      temporary,
      files,
      isWhole,
      addFile: (file, target) => this.#addFile(file, target),
    });
    return path;
  }

  async folderFiles(ref: ArtifactRef): Promise<readonly ManifestFile[]> {
    return parseManifest(await this.readBytes(ref, { maxBytes: MAX_MANIFEST_BYTES }), ref.digest);
  }

  async has({ digest }: Pick<ArtifactRef, 'digest'>): Promise<boolean> {
    digestHex(digest);
    return (await this.#blobs.stat(digest)) !== undefined;
  }

  async verify(ref: ArtifactRef): Promise<void> {
    await this.#verifyBlob(ref.digest);
    if (ref.mediaType !== MEDIA_TYPES.folder) return;
    for (const file of await this.folderFiles(ref)) await this.#verifyFile(file);
  }

  async verifyCopy(ref: ArtifactRef): Promise<boolean> {
    const files = await this.folderFiles(ref);
    const path = join(this.#local, 'folders', digestHex(ref.digest));
    if (!existsSync(path)) return false;
    for (const file of files) await checkFile(join(path, file.path), file);
    const names = new Set(files.map((file) => file.path));
    const [other] = await listFolder(path, (name) => !names.has(name));
    if (other !== undefined) throw artifactCorrupt(ref.digest, `its folder also holds ${other}`);
    return true;
  }

  list(): AsyncIterable<StoredBlob> {
    return this.#blobs.list();
  }

  async removeUnlessYounger(digest: string, thanMs: number): Promise<boolean> {
    const found = await this.#blobs.stat(digest);
    if (found === undefined || found.modifiedAtMs > thanMs) return false;
    await this.#blobs.remove(digest);
    for (const kept of ['folders', 'downloads']) {
      await rm(join(this.#local, kept, digestHex(digest)), { recursive: true, force: true });
    }
    return true;
  }

  /** Stores a draft's file, by moving it where the blobs are files. */
  async #takeFile(draft: string, path: string): Promise<ManifestFile> {
    const own = join(draft, path);
    const { digest, sizeBytes } = await digestFile(own);
    if (!(await this.#keepsIntact({ digest, sizeBytes }))) {
      await chmod(own, 0o444);
      await this.#blobs.publish(digest, { path: own, sizeBytes });
    }
    return { path, digest, sizeBytes };
  }

  /** Keeps what a server has been sent as the local folder that would otherwise be fetched from it. */
  async #keepDraft(draft: string, { digest }: ArtifactRef, files: readonly ManifestFile[]): Promise<void> {
    const path = join(this.#local, 'folders', digestHex(digest));
    const isWhole = (): Promise<boolean> => isMaterialised(path, files);
    const addFile = (file: ManifestFile, target: string): Promise<void> =>
      rename(join(draft, file.path), target);
    if (!(await isWhole())) {
      await materialise({ path, temporary: await this.#temporaryPath(), files, isWhole, addFile });
    }
  }

  /** A local copy of a server's blob, checked when it is made. */
  async #download(digest: string): Promise<string> {
    const path = join(this.#local, 'downloads', digestHex(digest));
    const kept = await digestFile(path).catch(() => undefined);
    if (kept?.digest === digest) return path;
    const temporary = await this.#temporaryPath();
    await writeChunks(temporary, this.open({ digest }));
    await mkdir(dirname(path), { recursive: true });
    await publishFile(temporary, path);
    return path;
  }

  /** Puts a file's checked content at a new local path. */
  async #addFile(file: ManifestFile, target: string): Promise<void> {
    const copy = (): AsyncIterable<Uint8Array> => this.open(file);
    const from = this.#blobs.localPath?.(file.digest);
    if (from === undefined) {
      await writeChunks(target, copy());
      await this.#checkSize(file);
      return;
    }
    await this.#verifyFile(file);
    await linkOrCopy(from, target, copy);
  }

  async #verifyBlob(digest: string): Promise<void> {
    const blob = this.open({ digest });
    while ((await blob.next()).done !== true);
  }

  async #verifyFile(file: ManifestFile): Promise<void> {
    await this.#verifyBlob(file.digest);
    await this.#checkSize(file);
  }

  async #checkSize({ path, digest, sizeBytes }: ManifestFile): Promise<void> {
    if ((await this.#size(digest)) !== sizeBytes)
      throw artifactCorrupt(digest, `${path} is not ${sizeBytes} bytes long`);
  }

  /** Whether the content exists undamaged and need not be written; a put replaces damaged content. */
  async #keepsIntact(ref: Pick<ArtifactRef, 'digest' | 'sizeBytes'>): Promise<boolean> {
    if ((await this.#blobs.stat(ref.digest))?.sizeBytes !== ref.sizeBytes) return false;
    try {
      // First, because garbage collection could remove it between the check and the reference's first use.
      await this.#blobs.touch(ref.digest);
      await this.#verifyBlob(ref.digest);
      return true;
    } catch {
      return false;
    }
  }

  async #size(digest: string): Promise<number> {
    digestHex(digest);
    const found = await this.#blobs.stat(digest);
    if (found === undefined) throw artifactNotFound(digest);
    return found.sizeBytes;
  }

  async #temporaryPath(): Promise<string> {
    const dir = join(this.#local, 'temporary');
    await mkdir(dir, { recursive: true });
    return join(dir, randomUUID());
  }
}

const draftOf = (purpose: string, path: string): string =>
  join(dirname(path), `${digestHex(purpose)}.${basename(path)}`);

async function removeDrafts(folder: string, purpose: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(`${digestHex(purpose)}.`))
      await rm(join(folder, name), { recursive: true, force: true });
}

/** Reads a file again, without the cached digest. @throws SipfError ARTIFACT_CORRUPT, also if it is missing */
async function checkFile(path: string, { path: name, digest }: ManifestFile): Promise<void> {
  const running = createRunningDigest();
  try {
    for await (const chunk of readChunks(path)) running.update(chunk);
  } catch (error) {
    const isLost = isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EIO');
    throw isLost ? artifactCorrupt(digest, `its copy ${name} is missing or cannot be read`) : error;
  }
  if (running.finish().digest !== digest) throw artifactCorrupt(digest, `its copy ${name} has another hash`);
}
