import { FolderArtifactStore, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { existsSync } from 'node:fs';
import type { z } from 'zod';
import { readRecords } from './records.ts';

/** What a run's stages left, by digest. */
export interface RunArtifacts {
  readonly store: ArtifactStore;
  /** @param schema of `ROWS` @throws SipfError as `readRecords` */
  records<T>(digest: string, schema: z.ZodType<T>): Promise<T[]>;
}

/** @returns undefined without a folder, or where it does not exist */
export function openRunArtifacts(folder: string | undefined): RunArtifacts | undefined {
  if (folder === undefined || !existsSync(folder)) return undefined;
  const store = new FolderArtifactStore(folder);
  return { store, records: (digest, schema) => readRecords(store, digest, schema) };
}

/** Whether an artifact is not there, which a report can say; anything else is a failure. */
export function isMissing(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'ARTIFACT_NOT_FOUND';
}
