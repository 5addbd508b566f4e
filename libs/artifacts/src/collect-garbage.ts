import { MEDIA_TYPES, type ArtifactStore } from './artifact-store.ts';
import { looksLikeFolder } from './folder-manifest.ts';

/** The counts of a collection. */
export interface GarbageReport {
  readonly removedBlobs: number;
  readonly removedBytes: number;
  readonly keptBlobs: number;
  /** Unreachable, but put too short a time ago. */
  readonly youngBlobs: number;
}

export interface GarbageOptions {
  /** Unreachable blobs put later than this are left: their reference may not be written down yet. In ms since 1970. */
  readonly putBeforeMs: number;
  /** Count what would go, and remove nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Removes blobs that no root reaches: neither a root itself nor, where a root is a folder, one of its files. A folder whose
 * manifest cannot be read stops the collection before anything is removed.
 *
 * @param roots digests of everything that is still referred to; unknown ones reach nothing
 */
export async function collectGarbage(
  store: ArtifactStore,
  roots: Iterable<string>,
  { putBeforeMs, dryRun = false, signal }: GarbageOptions,
): Promise<GarbageReport> {
  const reachable = await reachableDigests(store, roots);
  const report = { removedBlobs: 0, removedBytes: 0, keptBlobs: 0, youngBlobs: 0 };
  for await (const { digest, sizeBytes, modifiedAtMs } of store.list()) {
    signal?.throwIfAborted();
    if (reachable.has(digest)) report.keptBlobs += 1;
    else if (modifiedAtMs > putBeforeMs) report.youngBlobs += 1;
    else if (dryRun || (await store.removeUnlessYounger(digest, putBeforeMs))) {
      report.removedBlobs += 1;
      report.removedBytes += sizeBytes;
    }
  }
  return report;
}

/** The roots and the files of those that are folders: every digest that must stay. */
async function reachableDigests(store: ArtifactStore, roots: Iterable<string>): Promise<ReadonlySet<string>> {
  const reachable = new Set<string>();
  for (const digest of new Set(roots)) {
    reachable.add(digest);
    const ref = { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder };
    if (!(await store.has(ref)) || !(await isFolder(store, digest))) continue;
    for (const file of await store.folderFiles(ref)) reachable.add(file.digest);
  }
  return reachable;
}

/** A reference in a log is a digest alone; a folder is known by how its manifest begins. */
async function isFolder(store: ArtifactStore, digest: string): Promise<boolean> {
  for await (const chunk of store.open({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.bytes })) {
    return looksLikeFolder(chunk);
  }
  return false;
}
