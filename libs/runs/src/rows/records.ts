import { canonicalJson, MEDIA_TYPES, type ArtifactRef, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import type { z } from 'zod';

/** Largest dataset that is read into memory at once. */
const MAX_BYTES = 1024 ** 3;

/** Stores records as JSON Lines in canonical form: equal records in equal order have equal digests. */
export async function putRecords(store: ArtifactStore, records: readonly unknown[]): Promise<ArtifactRef> {
  const text = records.map((record) => `${canonicalJson(record)}\n`).join('');
  return await store.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.jsonLines);
}

/**
 * Reads what {@link putRecords} stored; the store checks the content.
 * @param schema of `ROWS`
 * @throws SipfError data-loss ROWS_INVALID for rows that another version of this program wrote; as the store does
 */
export async function readRecords<T>(
  store: ArtifactStore,
  digest: string,
  schema: z.ZodType<T>,
): Promise<T[]> {
  const bytes = await store.readBytes(jsonLines(digest), { maxBytes: MAX_BYTES });
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line, index) => parseRecord(line, schema, `${digest}:${index + 1}`));
}

/** One line of an artifact. @param field says where, in errors @throws SipfError data-loss ROWS_INVALID */
export function parseRecord<T>(line: string, schema: z.ZodType<T>, field: string): T {
  const found = schema.safeParse(JSON.parse(line));
  if (found.success) return found.data;
  const [first] = found.error.issues;
  const description = `${first?.path.join('.') ?? ''} ${first?.message ?? ''}`.trim();
  const message =
    `artifact ${field} is not a row that this version reads ` +
    `(${description}): read it with the version that wrote it`;
  throw new SipfError('data-loss', message, {
    reason: 'ROWS_INVALID',
    violations: [{ field, description }],
    cause: found.error,
  });
}

/** The reference of a dataset that the log names by digest alone. */
export function jsonLines(digest: string): ArtifactRef {
  return { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines };
}
