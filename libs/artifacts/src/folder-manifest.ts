import { SipfError } from '@sipf/errors';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { artifactCorrupt, isSystemError } from './artifact-errors.ts';
import { canonicalBytes } from './canonical-json.ts';

/** One file of a folder artifact. */
export interface ManifestFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

/** The largest manifest that is read: about 400,000 files. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

const manifestSchema = z.strictObject({
  files: z.array(
    z.strictObject({
      path: z.string(),
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      sizeBytes: z.int().min(0),
    }),
  ),
});

/** The manifest's canonical bytes, whatever the order of `files`. @throws SipfError ARTIFACT_PATH_INVALID */
export function encodeManifest(files: readonly ManifestFile[]): Uint8Array {
  for (const { path } of files) checkPath(path);
  return canonicalBytes({ files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)) });
}

/**
 * Reads an untrusted manifest.
 *
 * @throws SipfError data-loss ARTIFACT_CORRUPT; invalid-argument ARTIFACT_PATH_INVALID for a path that leads out of the
 * folder, occurs twice or runs through another file
 */
export function parseManifest(bytes: Uint8Array, digest: string): readonly ManifestFile[] {
  const result = manifestSchema.safeParse(parseJson(bytes));
  if (!result.success) throw artifactCorrupt(digest, 'it is not the manifest of a folder');
  const { files } = result.data;
  checkPaths(files.map(({ path }) => path));
  return files;
}

const MANIFEST_START = new TextEncoder().encode('{"files":[');

/** Whether content that begins like this can be a folder's manifest, which is canonical JSON. */
export function looksLikeFolder(firstBytes: Uint8Array): boolean {
  return MANIFEST_START.every((byte, index) => firstBytes[index] === byte);
}

/** Paths of a folder's files relative to it, sorted; a link to a file counts as the file. */
export async function listFolder(dir: string, accept: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    const message = `the folder ${basename(resolve(dir))} is missing or cannot be read`;
    throw new SipfError('not-found', message, { reason: 'FILE_NOT_FOUND', cause });
  });
  const paths: string[] = [];
  for (const entry of entries) {
    const path = relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (accept(path) && (await stat(join(dir, path))).isFile()) paths.push(path);
  }
  return paths.sort();
}

/** Names of a folder's entries, sorted; none if it does not exist. */
export async function sortedNames(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  });
  return names.sort();
}

function checkPaths(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    checkPath(path);
    if (seen.has(path)) throw invalidPath(path, 'occurs twice');
    seen.add(path);
  }
  for (const path of paths) {
    const parts = path.split('/');
    const parents = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
    if (parents.some((parent) => seen.has(parent))) throw invalidPath(path, 'runs through another file');
  }
}

function checkPath(path: string): void {
  const parts = path.split('/');
  if (path.length > 1000) throw invalidPath(path, 'is too long');
  if (!parts.every(isPlainName)) throw invalidPath(path, 'is not a plain relative path');
}

/** No folder up, no empty part, no separator of another system, no control character. */
function isPlainName(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..' && part.length <= 255 && !/[\\:\p{Cc}]/u.test(part);
}

function invalidPath(path: string, description: string): SipfError {
  const field = path.slice(0, 200);
  return new SipfError('invalid-argument', `path ${JSON.stringify(field)} ${description}`, {
    reason: 'ARTIFACT_PATH_INVALID',
    violations: [{ field, description }],
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
