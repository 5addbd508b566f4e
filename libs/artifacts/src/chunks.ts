import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

const CHUNK_BYTES = { least: 1 << 16, most: 1 << 20 };

/** A file's content in chunks of at most 1 MiB. */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const { size } = await stat(path);
  // The stream makes a buffer of that length whatever the file's, and collecting those costs more than reading a small file.
  const highWaterMark = Math.max(CHUNK_BYTES.least, Math.min(size, CHUNK_BYTES.most));
  yield* createReadStream(path, { highWaterMark }) as AsyncIterable<Uint8Array>;
}

/** The same chunks, each shown to `see` as it passes. */
export async function* tap(
  chunks: AsyncIterable<Uint8Array>,
  see: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    see(chunk);
    yield chunk;
  }
}

/** A stream of one chunk. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Every item of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}
