import type { StoredBlob } from '../artifact-store.ts';

/**
 * Where blobs lie: the part of a store that differs between a folder and a server. Blobs are named by digest, which callers
 * have checked; content is neither hashed nor trusted here.
 */
export interface BlobStorage {
  /** Takes a complete local file; it appears under its name at once, whole and durable, and replaces what was there. */
  publish(digest: string, file: LocalFile): Promise<void>;
  /** The stored bytes. @throws SipfError `not-found`, `ARTIFACT_NOT_FOUND` */
  read(digest: string): AsyncIterable<Uint8Array>;
  /** The size and date of a blob, without reading it. */
  stat(digest: string): Promise<BlobStat | undefined>;
  /** Makes a blob as young as a new one, which delays its garbage collection. */
  touch(digest: string): Promise<void>;
  remove(digest: string): Promise<void>;
  /** Keeps a short text under a name of its own, apart from the blobs; it replaces what was there. */
  writeNote(key: string, text: string): Promise<void>;
  readNote(key: string): Promise<string | undefined>;
  /** Every blob, in ascending order of digest. */
  list(): AsyncIterable<StoredBlob>;
  /** A local path of the blob's bytes, if any; a remote store has none. */
  localPath?(digest: string): string;
}

/** A local file to be stored. It may be moved away. */
export interface LocalFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface BlobStat {
  readonly sizeBytes: number;
  /** When it was stored or last touched, in milliseconds since 1970 by the store's clock. */
  readonly modifiedAtMs: number;
}
