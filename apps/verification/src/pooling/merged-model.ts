import { type ArtifactStore, canonicalBytes, digestBytes, MEDIA_TYPES } from '@sipf/artifacts';
import type { CallOptions } from '@sipf/async';
import { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { mergeFolder } from '@sipf/inference';
import { isModelFile } from '@sipf/models';
import type { FoundModel } from '@sipf/serving';

/** A model without an adapter. */
export type WholeModel = Pick<FoundModel, 'folder' | 'ref'>;

/**
 * What was found as one model folder: a base with an adapter is merged into the store, where servers find it by its digest, and
 * which remembers it: another start or replica merges no more. Replicas that merge at the same time agree on what the first
 * of them stored.
 * @throws SipfError failed-precondition NOT_A_VERIFIER for an adapter where there is no store; as mergeFolder and ArtifactStore
 */
export async function mergedModel(
  { folder, ref: { digest: base, adapterDigest }, adapterFolder }: FoundModel,
  store: ArtifactStore | undefined,
  options?: CallOptions,
): Promise<WholeModel> {
  if (adapterFolder === undefined) return wholeModel(folder, base);
  if (store === undefined) {
    const message =
      'an adapter is merged into a store that the servers see: name it by --artifacts, or merge it by `sipf model merge`';
    throw new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
  }
  const key = digestBytes(canonicalBytes({ what: 'merged model', base, adapter: adapterDigest }));
  const known = await recallModel(store, key);
  if (known !== undefined) return known;
  const merge = (out: string): Promise<string> => mergeFolder({ folder, adapterFolder, out }, options);
  const { digest } = await store.makeFolder(merge, isModelFile);
  const meanwhile = await recallModel(store, key);
  if (meanwhile !== undefined) return meanwhile;
  await store.remember(key, digest);
  return wholeModel(await folderIn(store, digest), digest);
}

/** What another start has merged, unless it was collected as garbage or is damaged since. */
async function recallModel(store: ArtifactStore, key: string): Promise<WholeModel | undefined> {
  const digest = await store.recall(key);
  if (digest === undefined) return undefined;
  try {
    return wholeModel(await folderIn(store, digest), digest);
  } catch (error) {
    if (error instanceof SipfError && (error.kind === 'not-found' || error.kind === 'data-loss'))
      return undefined;
    throw error;
  }
}

function folderIn(store: ArtifactStore, digest: string): Promise<string> {
  return store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
}

function wholeModel(folder: string, digest: string): WholeModel {
  return { folder, ref: common.ModelRef.create({ digest }) };
}
