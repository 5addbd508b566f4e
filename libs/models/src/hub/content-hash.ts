import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/**
 * A hub names a file's content by SHA-256 where it keeps it in LFS, by git's SHA-1 of the blob elsewhere; the length of
 * the hexadecimal identifies it.
 */
export type ContentHash = string;

const SHA256 = /^[0-9a-f]{64}$/;
const GIT_BLOB = /^[0-9a-f]{40}$/;

/** The hash inside a header such as `"<hex>"` or `W/"<hex>"`; undefined if it is not a hash. */
export function hashOfTag(tag: string | null | undefined): ContentHash | undefined {
  const hex = /^(?:W\/)?"?([0-9a-f]+)"?$/.exec(tag ?? '')?.[1] ?? '';
  return SHA256.test(hex) || GIT_BLOB.test(hex) ? hex : undefined;
}

/** Whether a file of this size has the content that the hash names. */
export async function hasContent(path: string, size: number, wanted: ContentHash): Promise<boolean> {
  const hash = SHA256.test(wanted) ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex') === wanted;
}
