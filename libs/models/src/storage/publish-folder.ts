import { syncFolder, writeDurably } from '@sipf/artifacts/durable-file';
import { SipfError } from '@sipf/errors';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Makes a folder that appears under its name only when it is complete and durable; its parents are made as needed.
 *
 * @param fill writes the files into the folder that it is given
 * @throws SipfError already-exists FOLDER_EXISTS
 */
export async function publishFolder(dir: string, fill: (dir: string) => Promise<void>): Promise<void> {
  if (existsSync(dir)) throw folderExists(dir);
  await mkdir(dirname(dir), { recursive: true });
  const temporary = join(dirname(dir), `.${basename(dir)}.${randomUUID()}.tmp`);
  await mkdir(temporary);
  try {
    await fill(temporary);
    await syncFolder(temporary);
    await rename(temporary, dir).catch((error: unknown) => {
      throw existsSync(dir) ? folderExists(dir) : error;
    });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(dir));
}

/** Writes a value as indented JSON. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await writeDurably(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Copies a file byte for byte and makes the copy durable. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The error of a folder that must not be there yet. */
export function folderExists(dir: string): SipfError {
  return new SipfError('already-exists', `the folder ${basename(dir)} exists`, { reason: 'FOLDER_EXISTS' });
}
