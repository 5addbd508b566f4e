import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { usageError } from '../usage-error.ts';

/**
 * The whole text of a file that a flag names, unpacked where its name ends in .gz; `-` is standard input.
 * @throws SipfError `invalid-argument` that names the flag and says why it cannot be read
 */
export async function readText(
  path: string,
  { flag, stdin }: { flag: string; stdin: Readable },
): Promise<string> {
  if (path === '-') return await text(stdin);
  try {
    const bytes = await readFile(path);
    return (path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw usageError(`${flag}: cannot read ${path} (${String(code)})`, { cause });
  }
}
