import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isSystemError } from './artifact-errors.ts';
import { syncFolder } from './durable-file.ts';
import { digestFile } from './file-digest.ts';
import { listFolder, type ManifestFile } from './folder-manifest.ts';

/** A folder to be made from stored blobs. */
export interface Materialisation {
  /** The path at which it appears, atomically and complete. */
  readonly path: string;
  /** The path at which it is built; a unique name for every attempt, on the same file system. */
  readonly temporary: string;
  readonly files: readonly ManifestFile[];
  /** Whether `path` already holds this very folder. */
  readonly isWhole: () => Promise<boolean>;
  /** Puts a file's content at a new path, durably. Rejects if it is missing or damaged. */
  readonly addFile: (file: ManifestFile, target: string) => Promise<void>;
}

/** Whether a folder holds exactly these files: no other, none missing, none whose bytes are not those of its digest. */
export async function isMaterialised(path: string, files: readonly ManifestFile[]): Promise<boolean> {
  const names = await listFolder(path, () => true).catch(() => []);
  if (!isDeepStrictEqual(names, files.map((file) => file.path).sort())) return false;
  for (const file of files) {
    const found = await digestFile(join(path, file.path)).catch(() => undefined);
    if (found?.digest !== file.digest || found.sizeBytes !== file.sizeBytes) return false;
  }
  return true;
}

/** Builds the folder under its temporary name and renames it; another process may do the same at the same time. */
export async function materialise(job: Materialisation): Promise<void> {
  try {
    await build(job);
    await mkdir(dirname(job.path), { recursive: true });
    await publish(job);
  } finally {
    await rm(job.temporary, { recursive: true, force: true });
  }
}

async function build({ temporary, files, addFile }: Materialisation): Promise<void> {
  const folders = new Set([temporary]);
  await mkdir(temporary);
  for (const file of files) {
    const target = join(temporary, file.path);
    await mkdir(dirname(target), { recursive: true });
    for (let dir = dirname(target); dir !== temporary; dir = dirname(dir)) folders.add(dir);
    await addFile(file, target);
  }
  for (const folder of folders) await syncFolder(folder);
}

/** A folder that is there already is another process's equal one, or a damaged one that makes way. */
async function publish({ path, temporary, isWhole }: Materialisation): Promise<void> {
  while (!(await renameUnlessTaken(temporary, path))) {
    if (await isWhole()) return;
    await rename(path, `${temporary}.damaged`).catch(ignoreMissing);
    await rm(`${temporary}.damaged`, { recursive: true, force: true });
  }
  await syncFolder(dirname(path));
}

async function renameUnlessTaken(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return false;
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!isSystemError(error, 'ENOENT')) throw error;
}
