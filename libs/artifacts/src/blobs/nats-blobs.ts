import { SipfError } from '@sipf/errors';
import { connect, type ConnectionOptions, type ObjectInfo, type ObjectStore } from 'nats';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { artifactCorrupt, artifactNotFound } from '../artifact-errors.ts';
import type { StoredBlob } from '../artifact-store.ts';
import { digestHex } from '../digest.ts';
import type { BlobStat, BlobStorage, LocalFile } from './blob-storage.ts';

/** Key of an object's metadata: when equal content was last put, ISO 8601. */
const TOUCHED = 'touched';

const NOTE = 'note-';

/** Reconnects for ever; a server that is silent is found within 15 s. */
const PATIENT = { maxReconnectAttempts: -1, pingInterval: 5000, maxPingOut: 2 };
/** Longest wait for the next piece of an object. */
const STALL_MS = 30_000;

/** The blobs of a bucket, which is made where it is missing, on as many servers, and a function that closes the connection. */
export async function connectNatsBlobs(
  { bucket, replicas }: { readonly bucket: string; readonly replicas: number },
  options: ConnectionOptions,
): Promise<{ readonly blobs: NatsBlobs; readonly close: () => Promise<void> }> {
  const connection = await connect({ ...options, ...PATIENT, name: 'sipf artifacts' });
  const blobs = new NatsBlobs(await connection.jetstream().views.os(bucket, { replicas }));
  return { blobs, close: () => connection.drain() };
}

/** Blobs as objects `<64 hex>` of a bucket of NATS' object store, notes as `note-<64 hex>`. An object's name appears after its last chunk. */
class NatsBlobs implements BlobStorage {
  readonly #bucket: ObjectStore;

  constructor(bucket: ObjectStore) {
    this.#bucket = bucket;
  }

  async publish(digest: string, { path }: LocalFile): Promise<void> {
    const bytes = Readable.toWeb(createReadStream(path)) as unknown as globalThis.ReadableStream<Uint8Array>;
    await this.#bucket.put({ name: digestHex(digest) }, bytes);
  }

  async *read(digest: string): AsyncGenerator<Uint8Array> {
    const found = await this.#bucket.get(digestHex(digest));
    if (found === null) throw artifactNotFound(digest);
    // Rejects if the chunks do not match the object's own hash; awaited at the end, and never left without a listener.
    const outcome = found.error.then(
      (error: Error | null) => error,
      (error: unknown) => error,
    );
    try {
      yield* unstalled(found.data);
    } catch (cause) {
      throw broken(digest, cause);
    }
    const error = await outcome;
    if (error instanceof Error) throw artifactCorrupt(digest, error.message);
  }

  async stat(digest: string): Promise<BlobStat | undefined> {
    const info = await this.#bucket.info(digestHex(digest));
    if (info === null || info.deleted) return undefined;
    return { sizeBytes: info.size, modifiedAtMs: modifiedAt(info) };
  }

  async touch(digest: string): Promise<void> {
    // An update keeps the object's own time, so ours is stored beside it; the chunks stay as they are.
    const metadata = { [TOUCHED]: new Date().toISOString() };
    await this.#bucket.update(digestHex(digest), { name: digestHex(digest), metadata });
  }

  async remove(digest: string): Promise<void> {
    await this.#bucket.delete(digestHex(digest));
  }

  async writeNote(key: string, text: string): Promise<void> {
    await this.#bucket.putBlob({ name: noteName(key) }, new TextEncoder().encode(text));
  }

  async readNote(key: string): Promise<string | undefined> {
    const bytes = await this.#bucket.getBlob(noteName(key));
    return bytes === null ? undefined : new TextDecoder().decode(bytes);
  }

  async *list(): AsyncGenerator<StoredBlob> {
    const all = await this.#bucket.list();
    const live = all
      .filter(({ name, deleted }) => !deleted && !name.startsWith(NOTE))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const info of live) {
      yield { digest: `sha256:${info.name}`, sizeBytes: info.size, modifiedAtMs: modifiedAt(info) };
    }
  }
}

function noteName(key: string): string {
  return NOTE + digestHex(key);
}

function modifiedAt({ mtime, metadata }: ObjectInfo): number {
  return Date.parse(metadata?.[TOUCHED] ?? mtime);
}

function broken(digest: string, cause: unknown): SipfError {
  if (cause instanceof SipfError) return cause;
  return artifactCorrupt(digest, cause instanceof Error ? cause.message : String(cause));
}

/** The pieces, each within a time: a server that falls silent in the middle says nothing of it. */
async function* unstalled(pieces: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = pieces.getReader();
  try {
    for (;;) {
      const piece = await within(STALL_MS, reader.read());
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    // Not waited for: what it waits for may never come.
    reader.cancel().catch(() => undefined);
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `the NATS server sent nothing for ${milliseconds / 1000} s`;
    reject(
      new SipfError('unavailable', message, { reason: 'ARTIFACT_STORE_UNAVAILABLE', retryAfterMs: 1000 }),
    );
  }, milliseconds);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
