import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from './artifact-errors.ts';

/**
 * Writes a file so that a reader, and a crash, sees the whole old content or the whole new one: a temporary name in the same
 * folder, fsync, rename, fsync of the folder. Several may write it at once.
 * @param content text, or what writes it
 * @param lastCheck what it throws keeps the file as it was; asked when all but the name is done. @default nothing
 */
export async function writeDurably(
  path: string,
  content: string | ((file: FileHandle) => Promise<void>),
  lastCheck?: () => Promise<void> | undefined,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await (typeof content === 'string' ? file.writeFile(content) : content(file));
      await file.sync();
    } finally {
      await file.close();
    }
    await lastCheck?.();
    await publishFile(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes chunks to a new file and makes them durable; the file is removed again when that fails. */
export async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o444);
  try {
    for await (const chunk of chunks) await writeFully(file, chunk);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Gives a durable file its final name, durably. */
export async function publishFile(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes the names within a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A hard link, or a durable copy if the file system refuses links (another device, too many links, not allowed). */
export async function linkOrCopy(
  from: string,
  to: string,
  copy: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!isSystemError(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EACCES', 'ENOSYS')) throw error;
    await writeChunks(to, copy());
  }
}

async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let done = 0;
  while (done < chunk.byteLength) {
    const { bytesWritten } = await file.write(chunk, done);
    done += bytesWritten;
  }
}
