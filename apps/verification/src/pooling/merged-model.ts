import { type ArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { mergeFolder } from '@sipf/inference';
import { isModelFile } from '@sipf/models';
import type { FoundModel } from '@sipf/serving';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A model without an adapter. */
export type WholeModel = Pick<FoundModel, 'folder' | 'ref'>;

/**
 * What was found as one model folder: a base with an adapter is merged into the store, where servers find it by its digest. Equal
 * bases and adapters give the same folder.
 * @throws SipfError failed-precondition NOT_A_VERIFIER for an adapter where there is no store; as mergeFolder and ArtifactStore
 */
export async function mergedModel(
  { folder, ref, adapterFolder }: FoundModel,
  store: ArtifactStore | undefined,
): Promise<WholeModel> {
  if (adapterFolder === undefined) return { folder, ref };
  if (store === undefined) {
    const message =
      'an adapter is merged into a store that the servers see: name it by --artifacts, or merge it by `sipf model merge`';
    throw new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
  }
  const draft = await mkdtemp(join(tmpdir(), 'sipf-merged-'));
  try {
    const out = join(draft, 'model');
    await mergeFolder({ folder, adapterFolder, out });
    const { digest } = await store.putFolder(out, isModelFile);
    const kept = await store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
    return { folder: kept, ref: common.ModelRef.create({ digest }) };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
