import { open, type FileHandle } from 'node:fs/promises';
import { artifactCorrupt, artifactNotFound, isSystemError } from './artifact-errors.ts';
import type { ByteRange } from './artifact-store.ts';

/**
 * Parts of a blob's local file, in the requested order.
 * @throws SipfError `not-found` ARTIFACT_NOT_FOUND; `data-loss` ARTIFACT_CORRUPT if a part is missing
 */
export async function readRanges(
  path: string,
  digest: string,
  ranges: readonly ByteRange[],
): Promise<Uint8Array[]> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw isSystemError(error, 'ENOENT') ? artifactNotFound(digest) : error;
  });
  try {
    const parts: Uint8Array[] = [];
    for (const range of ranges) parts.push(await readRange(file, digest, range));
    return parts;
  } finally {
    await file.close();
  }
}

async function readRange(
  file: FileHandle,
  digest: string,
  { offset, sizeBytes }: ByteRange,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let done = 0;
  while (done < sizeBytes) {
    const { bytesRead } = await file.read(bytes, done, sizeBytes - done, offset + done);
    if (bytesRead === 0) throw artifactCorrupt(digest, `it ends before byte ${offset + sizeBytes}`);
    done += bytesRead;
  }
  return bytes;
}
