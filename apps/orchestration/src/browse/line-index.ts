import type { ArtifactStore } from '@sipf/artifacts';
import { jsonLines, parseRecord } from '@sipf/runs';
import type { z } from 'zod';

const NEWLINE = 10;

/** Where the lines of a JSON Lines artifact are, so that a page reads its own lines only. */
export interface LineIndex {
  readonly digest: string;
  /** Offset of every line in bytes, and the end of the last one: one more than there are lines. */
  readonly offsets: Float64Array;
  readonly count: number;
}

/** The lines of an artifact and what they are. */
export interface Lines<T> {
  readonly store: ArtifactStore;
  readonly digest: string;
  /** Of `ROWS`. */
  readonly schema: z.ZodType<T>;
}

/**
 * Reads an artifact once, line by line, in bounded memory; its content is checked against the digest.
 * @param see is given every record and its line, from 0, in order
 */
export async function indexLines<T>(
  { store, digest, schema }: Lines<T>,
  see: (record: T, line: number) => void,
): Promise<LineIndex> {
  const decoder = new TextDecoder();
  const ends: number[] = [0];
  let rest: Uint8Array[] = [];
  let position = 0;
  for await (const chunk of store.open(jsonLines(digest))) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...rest, chunk.subarray(start, end)]);
      see(parseRecord(decoder.decode(line), schema, `${digest}:${ends.length}`), ends.length - 1);
      [rest, start] = [[], end + 1];
      ends.push(position + start);
    }
    if (start < chunk.byteLength) rest.push(chunk.slice(start));
    position += chunk.byteLength;
  }
  return { digest, offsets: Float64Array.from(ends), count: ends.length - 1 };
}

/** Reads some lines of an indexed artifact. @returns records in the order asked for */
export async function readLines<T>(
  { store, schema }: Pick<Lines<T>, 'store' | 'schema'>,
  { digest, offsets }: LineIndex,
  lines: readonly number[],
): Promise<T[]> {
  const ranges = lines.map((line) => {
    const [offset = 0, end = 0] = [offsets[line], offsets[line + 1]];
    return { offset, sizeBytes: end - offset };
  });
  const parts = await store.readRanges(jsonLines(digest), ranges);
  return parts.map((bytes, index) =>
    parseRecord(new TextDecoder().decode(bytes), schema, `${digest}:${(lines[index] ?? 0) + 1}`),
  );
}
