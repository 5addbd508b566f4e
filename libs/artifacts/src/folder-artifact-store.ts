import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SipfError } from '@sipf/errors';
import { artifactCorrupt, artifactNotFound, isSystemError } from './artifact-errors.ts';
import { MEDIA_TYPES, type ArtifactRef, type ArtifactStore, type StoredBlob } from './artifact-store.ts';
import { createRunningDigest, digestBytes, digestHex } from './digest.ts';
import { oneChunk, readChunks, tap } from './chunks.ts';
import { publishFile, syncFolder, writeChunks } from './durable-file.ts';
import {
  encodeManifest,
  listFolder,
  sortedNames,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type ManifestFile,
} from './folder-manifest.ts';
import { isMaterialised, materialise } from './materialise.ts';

/**
 * A store in a local or shared folder: `blobs/<2 hex>/<64 hex>` hold content, `folders/<64 hex>` materialised folder
 * artifacts, `temporary` what is being written. A blob appears under its name only when it is complete and durable.
 */
export class FolderArtifactStore implements ArtifactStore {
  readonly #root: string;

  /** @param root is made at the first put; its file system should support hard links, else files are copied. */
  constructor(root: string) {
    this.#root = root;
  }

  async putBytes(bytes: Uint8Array, mediaType: string): Promise<ArtifactRef> {
    const ref = { digest: digestBytes(bytes), sizeBytes: bytes.byteLength, mediaType };
    if (await this.#isIntact(ref)) return ref;
    return this.putStream(oneChunk(bytes), mediaType);
  }

  async putFile(path: string, mediaType: string): Promise<ArtifactRef> {
    const info = await stat(path).catch(() => undefined);
    if (!info?.isFile()) {
      throw new SipfError('not-found', 'the file is missing or cannot be read', { reason: 'FILE_NOT_FOUND' });
    }
    return this.putStream(readChunks(path), mediaType);
  }

  async putStream(stream: AsyncIterable<Uint8Array>, mediaType: string): Promise<ArtifactRef> {
    const temporary = await this.#temporaryPath();
    const running = createRunningDigest();
    await writeChunks(temporary, tap(stream, running.update));
    const ref = { ...running.finish(), mediaType };
    try {
      if (await this.#isIntact(ref)) return ref;
      const path = this.#blobPath(ref.digest);
      await mkdir(dirname(path), { recursive: true });
      await publishFile(temporary, path);
      await syncFolder(dirname(dirname(path)));
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

  async *open(ref: ArtifactRef): AsyncGenerator<Uint8Array> {
    const path = this.#blobPath(ref.digest);
    const running = createRunningDigest();
    try {
      yield* tap(readChunks(path), running.update);
    } catch (error) {
      throw isSystemError(error, 'ENOENT') ? artifactNotFound(ref.digest) : error;
    }
    const { digest, sizeBytes } = running.finish();
    if (digest !== ref.digest) throw artifactCorrupt(ref.digest, `its ${sizeBytes} bytes have another hash`);
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
      bytes.set(chunk, position);
      position += chunk.byteLength;
    }
    return bytes;
  }

  async folder(ref: ArtifactRef): Promise<string> {
    const files = await this.#manifest(ref);
    const path = join(this.#root, 'folders', digestHex(ref.digest));
    if (await isMaterialised(path, files)) return path;
    const temporary = await this.#temporaryPath();
    await materialise({
      path,
      temporary,
      files,
      verify: (file) => this.#verifyFile(file),
      blobPath: (file) => this.#blobPath(file.digest),
    });
    return path;
  }

  async has(ref: ArtifactRef): Promise<boolean> {
    return (await stat(this.#blobPath(ref.digest)).catch(() => undefined)) !== undefined;
  }

  async verify(ref: ArtifactRef): Promise<void> {
    await this.#verifyBlob(ref.digest);
    if (ref.mediaType !== MEDIA_TYPES.folder) return;
    for (const file of await this.#manifest(ref)) await this.#verifyFile(file);
  }

  async *list(): AsyncGenerator<StoredBlob> {
    const blobs = join(this.#root, 'blobs');
    for (const prefix of await sortedNames(blobs)) {
      for (const hex of await sortedNames(join(blobs, prefix))) {
        const digest = `sha256:${hex}`;
        yield { digest, sizeBytes: await this.#size(digest) };
      }
    }
  }

  async #manifest(ref: ArtifactRef): Promise<readonly ManifestFile[]> {
    return parseManifest(await this.readBytes(ref, { maxBytes: MAX_MANIFEST_BYTES }), ref.digest);
  }

  async #verifyBlob(digest: string): Promise<void> {
    const blob = this.open({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.bytes });
    while ((await blob.next()).done !== true);
  }

  async #verifyFile({ path, digest, sizeBytes }: ManifestFile): Promise<void> {
    await this.#verifyBlob(digest);
    if ((await this.#size(digest)) !== sizeBytes)
      throw artifactCorrupt(digest, `${path} is not ${sizeBytes} bytes long`);
  }

  /** Whether the content is there undamaged, so that it need not be written; a damaged one is replaced by a put. */
  async #isIntact(ref: ArtifactRef): Promise<boolean> {
    return (
      (await this.has(ref)) &&
      (await this.#verifyBlob(ref.digest).then(
        () => true,
        () => false,
      ))
    );
  }

  async #size(digest: string): Promise<number> {
    const info = await stat(this.#blobPath(digest)).catch(() => undefined);
    if (info === undefined) throw artifactNotFound(digest);
    return info.size;
  }

  #blobPath(digest: string): string {
    const hex = digestHex(digest);
    return join(this.#root, 'blobs', hex.slice(0, 2), hex);
  }

  async #temporaryPath(): Promise<string> {
    const dir = join(this.#root, 'temporary');
    await mkdir(dir, { recursive: true });
    return join(dir, randomUUID());
  }
}
