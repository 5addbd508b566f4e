import { SipfError } from '@sipf/errors';
import { z } from 'zod';
import { parseFileContent } from '../config/schema-violations.ts';
import { isModelFile } from '../storage/digest-folder.ts';
import type { HubFile } from './hub-file.ts';

const SINGLE = 'model.safetensors';
const ADAPTER = 'adapter_model.safetensors';

/** The list of shards of a model in several files. */
export const SHARD_INDEX = 'model.safetensors.index.json';

/** Formats that run code when they are opened, or may hold what does. */
const PICKLE = /\.(bin|pt|pth|ckpt|pkl|pickle|joblib|npy|npz|h5|keras|msgpack)$/;

/**
 * The files of a repository that say what its model computes, but for the weights: configuration, tokenizer, the list
 * of shards. Files in folders are left alone.
 *
 * @throws SipfError failed-precondition PICKLE_REFUSED where the weights are there as pickles only; not-found
 * WEIGHTS_NOT_FOUND where there are none
 */
export function chooseSettings(files: readonly HubFile[]): HubFile[] {
  const names = files.map(({ name }) => name);
  const settings = files.filter(({ name }) => isModelFile(name) && !name.endsWith('.safetensors'));
  if (names.includes(SINGLE) || names.includes(SHARD_INDEX) || names.includes(ADAPTER)) return settings;
  const pickles = names.filter((name) => PICKLE.test(name));
  if (pickles.length === 0) {
    throw new SipfError(
      'not-found',
      `the repository holds none of ${SINGLE}, ${SHARD_INDEX} and ${ADAPTER}`,
      {
        reason: 'WEIGHTS_NOT_FOUND',
      },
    );
  }
  const description = 'may run code when it is opened; only safetensors are taken';
  throw new SipfError(
    'failed-precondition',
    `the repository has its weights as pickles only (${pickles.slice(0, 5).join(', ')}): ` +
      'convert them to safetensors, or take a revision that has them',
    { reason: 'PICKLE_REFUSED', violations: pickles.map((field) => ({ field, description })) },
  );
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * The files of the weights: one, or those that the list of shards names, or an adapter's; other copies are left alone.
 *
 * @param index the parsed list of shards, where there is one
 * @throws SipfError not-found SHARD_NOT_FOUND; failed-precondition SHARD_INDEX_INVALID
 */
export function chooseWeights(files: readonly HubFile[], index: unknown): HubFile[] {
  const weights = files.filter(({ name }) => name === SINGLE || name === ADAPTER);
  if (weights.length > 0 || index === undefined) return weights;
  const where = { fileName: SHARD_INDEX, reason: 'SHARD_INDEX_INVALID' };
  const shards = new Set(Object.values(parseFileContent(indexSchema, index, where).weight_map));
  const found = files.filter(({ name }) => shards.has(name) && isModelFile(name));
  const missing = [...shards].filter((shard) => !found.some(({ name }) => name === shard));
  if (missing.length === 0) return found;
  throw new SipfError('not-found', `${SHARD_INDEX} names shards that are missing: ${missing.join(', ')}`, {
    reason: 'SHARD_NOT_FOUND',
    violations: missing.map((shard) => ({ field: shard.slice(0, 200), description: 'is missing' })),
  });
}
