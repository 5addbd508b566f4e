import { SipfError } from '@sipf/errors';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/**
 * A file's text; one whose name ends in .gz is unpacked.
 * @throws SipfError `invalid-argument`, reason `DATASET_INVALID`, that names the setting
 */
export async function readDatasetText(path: string, field: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    return (path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8');
  } catch (cause) {
    const description = `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`;
    throw new SipfError('invalid-argument', `${field} ${basename(path)} ${description}`, {
      reason: 'DATASET_INVALID',
      violations: [{ field, description }],
      cause,
    });
  }
}
