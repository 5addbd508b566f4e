import { MEDIA_TYPES, type ArtifactStore } from './artifact-store.ts';
import { looksLikeFolder } from './folder-manifest.ts';

/** What was found under a digest. */
export interface VerifiedArtifact {
  readonly isFolder: boolean;
  /** Of the bytes; for a folder, of its manifest and its files. */
  readonly sizeBytes: number;
}

/**
 * Reads all of an artifact that is known by its digest alone; a folder, which is known by how its manifest begins, with its
 * files.
 * @throws SipfError as ArtifactStore does
 */
export async function verifyDigest(store: ArtifactStore, digest: string): Promise<VerifiedArtifact> {
  let sizeBytes = 0;
  let isFolder: boolean | undefined;
  for await (const chunk of store.open({ digest, sizeBytes, mediaType: MEDIA_TYPES.bytes })) {
    isFolder ??= looksLikeFolder(chunk);
    sizeBytes += chunk.byteLength;
  }
  if (isFolder !== true) return { isFolder: false, sizeBytes };
  const ref = { digest, sizeBytes, mediaType: MEDIA_TYPES.folder };
  await store.verify(ref);
  const files = await store.folderFiles(ref);
  return { isFolder, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, sizeBytes) };
}
