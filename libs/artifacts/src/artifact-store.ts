import type { ManifestFile } from './folder-manifest.ts';

/** Names an artifact: its content by hash, and what kind of content it is. Travels in messages instead of bytes. */
export interface ArtifactRef {
  /** `sha256:<64 hex digits>` of the bytes; for a folder, of its manifest. */
  readonly digest: string;
  /** Of the bytes that the digest covers; for a folder, of its manifest. */
  readonly sizeBytes: number;
  readonly mediaType: string;
}

/** Media types in use. */
export const MEDIA_TYPES = {
  bytes: 'application/octet-stream',
  json: 'application/json',
  jsonLines: 'application/x-ndjson',
  folder: 'application/vnd.sipf.folder+json',
} as const;

/** A part of a blob. */
export interface ByteRange {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A stored blob; the store keeps no media types. */
export interface StoredBlob {
  readonly digest: string;
  readonly sizeBytes: number;
  /** When it was last put, in milliseconds since 1970 by the store's clock. */
  readonly modifiedAtMs: number;
}

/**
 * Immutable, content-addressed storage. Equal content is stored once; what a put returned survives a crash; several
 * processes may use one store at the same time.
 *
 * Every call that takes a reference throws SipfError invalid-argument ARTIFACT_REF_INVALID for a malformed one,
 * not-found ARTIFACT_NOT_FOUND for an unknown one and data-loss ARTIFACT_CORRUPT where the content is not what the
 * digest says.
 */
export interface ArtifactStore {
  putBytes(bytes: Uint8Array, mediaType: string): Promise<ArtifactRef>;
  /** @throws SipfError not-found FILE_NOT_FOUND */
  putFile(path: string, mediaType: string): Promise<ArtifactRef>;
  /** Nothing is stored when the stream fails. */
  putStream(stream: AsyncIterable<Uint8Array>, mediaType: string): Promise<ArtifactRef>;
  /**
   * Stores a folder's files, subfolders included, and a manifest of them; the reference is the manifest's.
   *
   * @param accept which files, by path relative to the folder with `/`; @default every file
   * @throws SipfError not-found FILE_NOT_FOUND; invalid-argument ARTIFACT_PATH_INVALID for a name that is not portable
   */
  putFolder(dir: string, accept?: (path: string) => boolean): Promise<ArtifactRef>;
  /**
   * Stores a folder that `make` writes at a path that does not exist yet, on the disk where the store keeps its files: they are
   * moved into it instead of copied. Nothing stays where `make` fails.
   *
   * @param purpose digest of what is made, where nobody else makes it now: drafts of it that are there are of processes that were
   * killed, and go first
   */
  makeFolder(
    make: (path: string) => Promise<unknown>,
    accept?: (path: string) => boolean,
    purpose?: string,
  ): Promise<ArtifactRef>;
  /**
   * Keeps the digest of something that was made of other artifacts, to be found by every client of the store. A later one of the
   * same key takes its place; the artifact may be gone when it is recalled.
   * @param key digest of what it was made of and how
   */
  remember(key: string, digest: string): Promise<void>;
  /** What was last remembered under the key. */
  recall(key: string): Promise<string | undefined>;
  /** The content in chunks; a wrong content is reported after its last chunk, so do not act on it before the end. */
  open(ref: ArtifactRef): AsyncIterable<Uint8Array>;
  /** The whole content, checked. @throws SipfError resource-exhausted ARTIFACT_TOO_LARGE over `maxBytes` */
  readBytes(ref: ArtifactRef, limits: { readonly maxBytes: number }): Promise<Uint8Array>;
  /**
   * Parts of the content, in the requested order. The content as a whole is not checked: read it once by `open` first.
   * @throws SipfError data-loss ARTIFACT_CORRUPT if a part is missing
   */
  readRanges(ref: ArtifactRef, ranges: readonly ByteRange[]): Promise<Uint8Array[]>;
  /**
   * Path of a local folder with the artifact's files; they must not be changed. Every process checks their bytes when it first
   * asks, and again when a file is another one than before; a damaged or changed folder is made anew.
   */
  folder(ref: ArtifactRef): Promise<string>;
  /** The files of a folder artifact, as its manifest has them. */
  folderFiles(ref: ArtifactRef): Promise<readonly ManifestFile[]>;
  has(ref: ArtifactRef): Promise<boolean>;
  /** Reads and checks the content, for a folder that of every file. */
  verify(ref: ArtifactRef): Promise<void>;
  /**
   * Reads and checks the local folder of a folder artifact, anew.
   * @returns false if there is none; `folder` replaces a damaged one
   * @throws SipfError data-loss ARTIFACT_CORRUPT
   */
  verifyCopy(ref: ArtifactRef): Promise<boolean>;
  /** Every stored blob in ascending order of digest, a folder's manifest and files each for themselves. */
  list(): AsyncIterable<StoredBlob>;
  /**
   * Removes a blob that was last put at `thanMs` or before; a put of equal content counts as a put.
   * @returns whether it was removed
   */
  removeUnlessYounger(digest: string, thanMs: number): Promise<boolean>;
}
