import { type ArtifactStore, canonicalBytes, digestBytes, MEDIA_TYPES } from '@sipf/artifacts';
import { common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { mergeFolder } from '@sipf/inference';
import { isModelFile } from '@sipf/models';
import type { FoundModel } from '@sipf/serving';
import { claimedWork, type ClaimedWork } from './merge-claim.ts';

/** How a merge is waited for. */
export type MergeOptions = Pick<ClaimedWork<never>, 'logger' | 'signal' | 'timing'>;

/** A model without an adapter. */
export type WholeModel = Pick<FoundModel, 'folder' | 'ref'>;

/**
 * What was found as one model folder: a base with an adapter is merged into the store, where servers find it by its digest, and
 * which remembers it: another start or replica merges no more, and one that comes meanwhile waits.
 * @throws SipfError failed-precondition NOT_A_VERIFIER for an adapter where there is no store; as mergeFolder and ArtifactStore
 */
export async function mergedModel(
  found: FoundModel,
  store: ArtifactStore | undefined,
  options: MergeOptions = {},
): Promise<WholeModel> {
  const { folder, ref, adapterFolder } = found;
  if (adapterFolder === undefined) return wholeModel(folder, ref.digest);
  if (store === undefined) {
    const message =
      'an adapter is merged into a store that the servers see: name it by --artifacts, or merge it by `sipf model merge`';
    throw new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
  }
  const key = mergeKey(found);
  const merge = (out: string): Promise<string> => mergeFolder({ folder, adapterFolder, out }, options);
  return await claimedWork({
    ...{ ...options, store, key, what: `the merge of verifier ${ref.adapterDigest} into its base` },
    recall: () => recallModel(store, key),
    work: async () => {
      const { digest } = await store.makeFolder(merge, isModelFile, key);
      const meanwhile = await recallModel(store, key);
      if (meanwhile !== undefined) return meanwhile;
      await store.remember(key, digest);
      return wholeModel(await folderIn(store, digest), digest);
    },
  });
}

/** Under which a store remembers what a base and an adapter are merged into. */
export function mergeKey({ ref: { digest: base, adapterDigest } }: Pick<FoundModel, 'ref'>): string {
  return digestBytes(canonicalBytes({ what: 'merged model', base, adapter: adapterDigest }));
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
