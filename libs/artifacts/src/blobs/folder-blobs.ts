import { mkdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { artifactCorrupt, artifactNotFound, isSystemError } from '../artifact-errors.ts';
import type { StoredBlob } from '../artifact-store.ts';
import { readChunks } from '../chunks.ts';
import { digestHex } from '../digest.ts';
import { publishFile, syncFolder, writeDurably } from '../durable-file.ts';
import { sortedNames } from '../folder-manifest.ts';
import type { BlobStat, BlobStorage, LocalFile } from './blob-storage.ts';

/** Blobs as files `blobs/<2 hex>/<64 hex>` of a local or shared folder, notes as `notes/<64 hex>`. */
export class FolderBlobs implements BlobStorage {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async publish(digest: string, { path }: LocalFile): Promise<void> {
    const target = this.localPath(digest);
    await mkdir(dirname(target), { recursive: true });
    await publishFile(path, target);
    await syncFolder(dirname(dirname(target)));
  }

  async *read(digest: string): AsyncGenerator<Uint8Array> {
    try {
      yield* readChunks(this.localPath(digest));
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) throw artifactNotFound(digest);
      throw isSystemError(error, 'EIO', 'EISDIR')
        ? artifactCorrupt(digest, 'the disk cannot read it')
        : error;
    }
  }

  async stat(digest: string): Promise<BlobStat | undefined> {
    const info = await stat(this.localPath(digest)).catch(() => undefined);
    return info && { sizeBytes: info.size, modifiedAtMs: info.mtimeMs };
  }

  async touch(digest: string): Promise<void> {
    const now = new Date();
    // Another user's blob in a shared folder cannot be touched; it is as old as it is.
    await utimes(this.localPath(digest), now, now).catch((error: unknown) => {
      if (!isSystemError(error, 'EPERM', 'EACCES')) throw error;
    });
  }

  async remove(digest: string): Promise<void> {
    await rm(this.localPath(digest), { force: true });
  }

  async writeNote(key: string, text: string): Promise<void> {
    const path = this.#notePath(key);
    await mkdir(dirname(path), { recursive: true });
    await writeDurably(path, text);
  }

  async readNote(key: string): Promise<string | undefined> {
    try {
      return await readFile(this.#notePath(key), 'utf8');
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  async *list(): AsyncGenerator<StoredBlob> {
    const blobs = join(this.#root, 'blobs');
    for (const prefix of await sortedNames(blobs)) {
      for (const hex of await sortedNames(join(blobs, prefix))) {
        const digest = `sha256:${hex}`;
        const found = await this.stat(digest);
        // Gone since its folder was read.
        if (found !== undefined) yield { digest, ...found };
      }
    }
  }

  localPath(digest: string): string {
    const hex = digestHex(digest);
    return join(this.#root, 'blobs', hex.slice(0, 2), hex);
  }

  #notePath(key: string): string {
    return join(this.#root, 'notes', digestHex(key));
  }
}
