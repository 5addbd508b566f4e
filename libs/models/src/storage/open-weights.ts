import { SipfError, type FieldViolation } from '@sipf/errors';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { invalidFields, parseFileContent } from '../config/schema-violations.ts';
import type { TensorSource } from './host-tensor.ts';
import { openSafetensors, type SafetensorsFile } from './open-safetensors.ts';
import { readJsonFile } from './read-json-file.ts';

/** The tensors of a folder, whatever number of files holds them. */
export interface Weights extends TensorSource {
  close(): void;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * Opens a folder's model.safetensors, or the shards that model.safetensors.index.json names.
 *
 * @throws SipfError not-found WEIGHTS_NOT_FOUND or SHARD_NOT_FOUND; failed-precondition SHARD_INDEX_INVALID for an
 * index that names a file outside the folder or a tensor that its shard lacks; and as {@link openSafetensors}
 */
export function openWeights(dir: string): Weights {
  if (existsSync(join(dir, SINGLE))) return openSafetensors(join(dir, SINGLE));
  if (existsSync(join(dir, INDEX))) return openShards(dir);
  throw new SipfError('not-found', `the folder holds neither ${SINGLE} nor ${INDEX}`, {
    reason: 'WEIGHTS_NOT_FOUND',
  });
}

function openShards(dir: string): Weights {
  const { weight_map: weightMap } = parseFileContent(indexSchema, readJsonFile(dir, INDEX), {
    fileName: INDEX,
    reason: 'SHARD_INDEX_INVALID',
  });
  checkShardNames(dir, weightMap);
  const shards = new Map<string, SafetensorsFile>();
  const close = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    for (const name of new Set(Object.values(weightMap))) shards.set(name, openSafetensors(join(dir, name)));
    return { ...joinShards(weightMap, shards), close };
  } catch (error) {
    close();
    throw error;
  }
}

function checkShardNames(dir: string, weightMap: Readonly<Record<string, string>>): void {
  const unsafe = Object.entries(weightMap).filter(([, shard]) => !isShardName(shard));
  if (unsafe.length > 0) throw invalidFields(unsafe.map(notAFileName), 'SHARD_INDEX_INVALID');
  const missing = [...new Set(Object.values(weightMap))].filter((shard) => !existsSync(join(dir, shard)));
  if (missing.length === 0) return;
  throw new SipfError('not-found', `${INDEX} names shards that are missing: ${missing.join(', ')}`, {
    reason: 'SHARD_NOT_FOUND',
    violations: missing.map((shard) => ({ field: shard, description: 'is missing' })),
  });
}

/** A plain name: no folder, nothing hidden. */
function isShardName(name: string): boolean {
  return /^[\w][\w.-]{0,200}\.safetensors$/.test(name);
}

function notAFileName([tensor, shard]: readonly [string, string]): FieldViolation {
  const description = `${JSON.stringify(shard.slice(0, 100))} is not the name of a .safetensors file in the folder`;
  return { field: `${INDEX}/weight_map/${tensor}`, description };
}

function joinShards(
  weightMap: Readonly<Record<string, string>>,
  shards: ReadonlyMap<string, SafetensorsFile>,
): TensorSource {
  const homes = new Map(
    Object.entries(weightMap).map(([name, shardName]) => {
      const shard = shards.get(shardName);
      if (shard?.has(name)) return [name, shard];
      const field = `${INDEX}/weight_map/${name}`;
      throw invalidFields([{ field, description: `${shardName} has no such tensor` }], 'SHARD_INDEX_INVALID');
    }),
  );
  const home = (name: string): SafetensorsFile => {
    const found = homes.get(name);
    if (found !== undefined) return found;
    throw new SipfError('not-found', `${INDEX} has no tensor ${JSON.stringify(name)}`, {
      reason: 'TENSOR_NOT_FOUND',
      metadata: { tensor: name },
    });
  };
  return {
    names: [...homes.keys()].sort(),
    has: (name) => homes.has(name),
    shape: (name) => home(name).shape(name),
    dtype: (name) => home(name).dtype(name),
    locate: (name) => home(name).locate(name),
    tensor: (name) => home(name).tensor(name),
    float32: (name) => home(name).float32(name),
  };
}
