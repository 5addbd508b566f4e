import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isTooDeep } from '../limits/json-depth.ts';
import { openRegularFile } from './open-regular-file.ts';

const MIB = 1024 * 1024;

/**
 * Far above any real file of these names: the largest are Gemma 3's tokenizer.json, 33 MB, and DeepSeek V3's index of shards, 9
 * MB.
 */
const MAX_BYTES: Readonly<Record<string, number>> = {
  'tokenizer.json': 128 * MIB,
  'model.safetensors.index.json': 32 * MIB,
  'tokenizer_config.json': 32 * MIB,
  // Some 2 kB and 200 bytes. They are read on event loops, which 4 MiB of fields would hold for half a second.
  'config.json': MIB / 4,
  'generation_config.json': MIB / 4,
};
/** Far above every other. */
const MAX_OTHER_BYTES = 4 * MIB;

/** The most bytes that are read of a model folder's file. */
function maxBytesOf(fileName: string): number {
  return MAX_BYTES[fileName] ?? MAX_OTHER_BYTES;
}

/**
 * The parsed content of a JSON file of a model folder.
 *
 * @param asName what the file is where its name does not say it
 * @throws SipfError not-found MODEL_FILE_NOT_FOUND; failed-precondition MODEL_FILE_TOO_LARGE or MODEL_FILE_INVALID
 */
export function readJsonFile(dir: string, fileName: string, asName = fileName): unknown {
  const bytes = readFileBytes(dir, fileName, maxBytesOf(asName));
  if (isTooDeep(bytes))
    throw invalid(fileName, 'nests lists and objects deeper than any file of a model does');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(fileName, 'is not JSON in UTF-8', cause);
  }
}

/** As {@link readJsonFile}; undefined where the folder has no such file. */
export function readOptionalJsonFile(dir: string, fileName: string): unknown {
  return existsSync(join(dir, fileName)) ? readJsonFile(dir, fileName) : undefined;
}

/** A text file of a model folder; undefined where the folder has none. @throws SipfError as {@link readJsonFile} */
export function readOptionalTextFile(dir: string, fileName: string): string | undefined {
  if (!existsSync(join(dir, fileName))) return undefined;
  const bytes = readFileBytes(dir, fileName, maxBytesOf(fileName));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalid(fileName, 'is not UTF-8', cause);
  }
}

function readFileBytes(dir: string, fileName: string, limit: number): Uint8Array {
  const file = openRegularFile(join(dir, fileName));
  try {
    if (file.sizeBytes > limit) {
      const message = `${file.name} has ${file.sizeBytes} bytes, over the limit of ${limit}`;
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

function invalid(fileName: string, description: string, cause?: unknown): SipfError {
  const options = { reason: 'MODEL_FILE_INVALID', metadata: { file: fileName }, cause };
  return new SipfError('failed-precondition', `${fileName} ${description}`, options);
}
