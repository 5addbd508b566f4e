import { MEDIA_TYPES, verifyDigest, type ArtifactStore } from '@sipf/artifacts';
import { common, type training } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { dropLongerRows, type FittingDataset } from '@sipf/learning';
import { digestFolder, openTokenizer, readDecoderConfig } from '@sipf/models';
import { readDataset } from './read-dataset.ts';
import type { StartFolder } from './training-job.ts';

/** The folder that a job starts from, on this machine. @throws SipfError as the store's `folder` */
export async function startFolder(store: ArtifactStore, spec: training.JobSpec): Promise<StartFolder> {
  const folderOf = (digest: string): Promise<string> =>
    store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
  if (spec.initialConfig !== undefined)
    return { ...(await looked(folderOf(spec.initialConfig.digest))), fresh: true };
  const { digest, adapterDigest } = spec.baseModel ?? common.ModelRef.create();
  const base = { ...(await looked(folderOf(digest))), fresh: false };
  return adapterDigest === '' ? base : { ...base, adapterFolder: await folderOf(adapterDigest) };
}

async function looked(path: Promise<string>): Promise<{ readonly folder: string; readonly digest: string }> {
  const folder = await path;
  return { folder, digest: await digestFolder(folder) };
}

/**
 * A job's rows as tokens: where the job may drop rows, only those that the tokenizer can read and that fit; otherwise all, for
 * the trainer to check.
 * @throws SipfError as readDataset
 */
export async function fittingDataset(
  store: ArtifactStore,
  spec: training.JobSpec,
  { folder }: StartFolder,
): Promise<FittingDataset> {
  const { dataset, unreadable } = await datasetOf(store, spec, folder);
  if (spec.optimisation?.dropLongerRows !== true) return { dataset, dropped: unreadable };
  const { maxPositionEmbeddings } = readDecoderConfig(folder);
  const longest = Math.min(spec.optimisation.maxSequenceTokens, maxPositionEmbeddings);
  const fitting = dropLongerRows(dataset, longest);
  if (fitting.dataset.examples.length === 0 && fitting.dropped > 0)
    throw nothingFits(fitting.dropped, longest);
  return { ...fitting, dropped: fitting.dropped + unreadable };
}

function nothingFits(rows: number, longest: number): SipfError {
  const message =
    `dataset: each of ${rows} rows is longer than ${longest} tokens, so none is left to train on: ` +
    'raise maxSequenceTokens where the model takes more, or let rows be shorter';
  return new SipfError('invalid-argument', message, { reason: 'DATASET_INVALID' });
}

async function datasetOf(
  store: ArtifactStore,
  spec: training.JobSpec,
  folder: string,
): ReturnType<typeof readDataset> {
  const tokenizer = await openTokenizer(folder);
  try {
    return await readDataset(store, { spec, tokenizer });
  } finally {
    await tokenizer.close();
  }
}

/** The result of a job. @param digest of the trained folder: an adapter of the base, or a model */
export function resultOf(spec: training.JobSpec, digest: string): common.ModelRef {
  return spec.lora === undefined
    ? { digest, adapterDigest: '' }
    : { digest: spec.baseModel?.digest ?? '', adapterDigest: digest };
}

/** Whether a job's result is in the store, undamaged. An adapter's base is not part of the result. */
export async function isWhole(
  store: ArtifactStore,
  { digest, adapterDigest }: common.ModelRef,
): Promise<boolean> {
  try {
    await verifyDigest(store, adapterDigest === '' ? digest : adapterDigest);
    return true;
  } catch (error) {
    if (error instanceof SipfError && error.kind !== 'unavailable') return false;
    throw error;
  }
}
