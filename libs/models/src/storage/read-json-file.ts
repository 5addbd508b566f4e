import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SipfError } from '@sipf/errors';
import { openRegularFile } from './open-regular-file.ts';

/** Far above any real file of a model folder: Gemma's tokenizer.json is 17 MB. */
export const MAX_JSON_BYTES = 256 * 1024 * 1024;

/**
 * The parsed content of a JSON file of a model folder.
 *
 * @throws SipfError not-found MODEL_FILE_NOT_FOUND; failed-precondition MODEL_FILE_TOO_LARGE or MODEL_FILE_INVALID
 */
export function readJsonFile(dir: string, fileName: string): unknown {
  const bytes = readFileBytes(join(dir, fileName));
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const options = { reason: 'MODEL_FILE_INVALID', metadata: { file: fileName }, cause };
    throw new SipfError('failed-precondition', `${fileName} is not JSON in UTF-8`, options);
  }
}

/** As {@link readJsonFile}; undefined where the folder has no such file. */
export function readOptionalJsonFile(dir: string, fileName: string): unknown {
  return existsSync(join(dir, fileName)) ? readJsonFile(dir, fileName) : undefined;
}

function readFileBytes(path: string): Uint8Array {
  const file = openRegularFile(path);
  try {
    if (file.sizeBytes > MAX_JSON_BYTES) {
      const message = `${file.name} has ${file.sizeBytes} bytes, over the limit of ${MAX_JSON_BYTES}`;
      throw new SipfError('failed-precondition', message, { reason: 'MODEL_FILE_TOO_LARGE' });
    }
    const bytes = new Uint8Array(file.sizeBytes);
    if (file.read(bytes, 0)) return bytes;
    throw new SipfError('data-loss', `${file.name} shrank while it was read`, {
      reason: 'MODEL_FILE_INVALID',
    });
  } finally {
    file.close();
  }
}
