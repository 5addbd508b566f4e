import { canonicalJson, MEDIA_TYPES, type ArtifactRef, type ArtifactStore } from '@sipf/artifacts';

/** Largest dataset that is read into memory at once. */
const MAX_BYTES = 1024 ** 3;

/** Stores records as JSON Lines in canonical form: equal records in equal order have equal digests. */
export async function putRecords(store: ArtifactStore, records: readonly unknown[]): Promise<ArtifactRef> {
  const text = records.map((record) => `${canonicalJson(record)}\n`).join('');
  return await store.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.jsonLines);
}

/** Reads what {@link putRecords} stored; the store checks the content, so its type is what the writer's was. */
export async function readRecords<T>(store: ArtifactStore, digest: string): Promise<T[]> {
  const bytes = await store.readBytes(jsonLines(digest), { maxBytes: MAX_BYTES });
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as T);
}

/** The reference of a dataset that the log names by digest alone. */
export function jsonLines(digest: string): ArtifactRef {
  return { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines };
}
