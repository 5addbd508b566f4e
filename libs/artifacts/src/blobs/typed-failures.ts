import { SipfError } from '@sipf/errors';
import type { BlobStorage } from './blob-storage.ts';

/** The same storage, except that a server that cannot be reached, or refuses, is a SipfError `unavailable`. */
export function withTypedFailures(blobs: BlobStorage, name: string): BlobStorage {
  const typed = (cause: unknown): SipfError => failureOf(cause, name);
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw typed(error);
    }
  };
  async function* guardedStream<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* items;
    } catch (error) {
      throw typed(error);
    }
  }
  return {
    publish: (digest, file) => guarded(blobs.publish(digest, file)),
    read: (digest) => guardedStream(blobs.read(digest)),
    stat: (digest) => guarded(blobs.stat(digest)),
    touch: (digest) => guarded(blobs.touch(digest)),
    remove: (digest) => guarded(blobs.remove(digest)),
    writeNote: (key, text) => guarded(blobs.writeNote(key, text)),
    readNote: (key) => guarded(blobs.readNote(key)),
    list: () => guardedStream(blobs.list()),
  };
}

function failureOf(cause: unknown, name: string): SipfError {
  if (cause instanceof SipfError) return cause;
  // A server's own words; an error's stack and request stay in `cause`, for logs only.
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new SipfError('unavailable', `the artifact store ${name} cannot be used: ${why}`, {
    reason: 'ARTIFACT_STORE_UNAVAILABLE',
    retryAfterMs: 1000,
    cause,
  });
}
