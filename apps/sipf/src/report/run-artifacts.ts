import { FolderArtifactStore, MEDIA_TYPES, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';

/** Largest dataset that is read into memory at once. */
const MAX_BYTES = 1024 ** 3;

/** What a run's stages left, by digest. */
export interface RunArtifacts {
  readonly store: ArtifactStore;
  /** Rows as the stage that wrote them typed them; the store checks that they are what was written. */
  records<T>(digest: string): Promise<T[]>;
}

/** @returns undefined without a folder, or where it does not exist */
export function openRunArtifacts(folder: string | undefined): RunArtifacts | undefined {
  if (folder === undefined || !existsSync(folder)) return undefined;
  const store = new FolderArtifactStore(folder);
  return {
    store,
    records: async <T>(digest: string) => {
      const ref = { digest, sizeBytes: 0, mediaType: MEDIA_TYPES.jsonLines };
      const bytes = await store.readBytes(ref, { maxBytes: MAX_BYTES });
      const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as T);
    },
  };
}

/** Whether an artefact is not there, which a report can say; anything else is a failure. */
export function isMissing(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'ARTIFACT_NOT_FOUND';
}
