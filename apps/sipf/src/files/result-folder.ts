import { access, chmod, constants, cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { usageError } from '../usage-error.ts';

/**
 * Checks, before there is anything to write, where a folder is to be.
 * @throws SipfError `invalid-argument` where something would be overwritten, or nothing can be written
 */
export async function requireNewFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw usageError(`--out: ${folder} is not a folder (${String(code)})`, { cause });
  });
  if (names.length > 0) throw usageError(`--out: ${folder} is not empty; name a new folder`);
  await requireWritable(folder, dirname(resolve(folder)));
}

/** Looks at the nearest folder above that is there already. */
async function requireWritable(folder: string, above: string): Promise<void> {
  try {
    await access(above, constants.W_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `--out: ${folder} cannot be made in ${above} (${String(code)}); name another folder`;
    if (code !== 'ENOENT') throw usageError(message, { cause });
    await requireWritable(folder, dirname(above));
  }
}

/**
 * Copies a stored folder to where people want it: complete or not at all, and theirs to change.
 * @param finish what is done to the copy before it is there
 */
export async function copyResult(
  from: string,
  folder: string,
  finish: (copy: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const temporary = `${folder}.${process.pid}.tmp`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await cp(from, temporary, { recursive: true, dereference: true });
    for (const name of await readdir(temporary)) await chmod(join(temporary, name), 0o644);
    await finish(temporary);
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
