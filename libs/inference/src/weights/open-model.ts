import {
  loadAdapterFolder,
  loadModelFolder,
  modelChanged,
  type AdapterFolder,
  type DecoderConfig,
  type GenerationTokens,
  type ModelFolder,
  type TensorSource,
  type Tokenizer,
} from '@sipf/models';
import { resolve } from 'node:path';
import type { DecoderWeights } from './decoder-weights.ts';
import { configWithAdapter, mergedWeights } from './merged-weights.ts';
import type { ModelFacts, ModelSource, WeightQuantisation } from './model-source.ts';

/** A model on the side that runs it. */
export interface OpenModel extends DecoderWeights {
  readonly facts: ModelFacts;
  readonly tokenizer: Tokenizer | undefined;
  /** Of the folder; undefined for weights from memory. */
  readonly generation: GenerationTokens | undefined;
  /** Closes the files; call it when no further session will be built. */
  close(): void;
}

/**
 * Opens a folder, or takes weights from memory.
 * @throws SipfError as loadModelFolder and loadAdapterFolder do; data-loss MODEL_CHANGED for a folder of another digest
 */
export async function openModel(source: ModelSource): Promise<OpenModel> {
  const { quantisation = 'none' } = source;
  if (!('folder' in source)) return openMemory(source.config, source.tensors, quantisation);
  const folder = await loadModelFolder(source.folder);
  const { head = folder.config.head } = source;
  const base = { ...folder, config: { ...folder.config, head } };
  try {
    const { digest: expected = base.digest } = source;
    if (base.digest !== expected) throw modelChanged(base.dir, { expected, actual: base.digest });
    if (source.adapterFolder === undefined) return openFolder(base, undefined, quantisation);
    const config = configWithAdapter(base.config, source.adapterFolder);
    const adapter = await loadAdapterFolder(source.adapterFolder, { config, digest: base.digest });
    return openFolder({ ...base, config }, adapter, quantisation);
  } catch (error) {
    base.close();
    throw error;
  }
}

function openFolder(
  base: ModelFolder,
  adapter: AdapterFolder | undefined,
  quantisation: WeightQuantisation,
): OpenModel {
  const { config, generation, tokenizer, tensors, dir, unused } = base;
  const read = (name: string): Float32Array => tensors.float32(name);
  const asTheyAre = adapter === undefined && quantisation === 'none';
  const digest = adapter === undefined ? base.digest : `${base.digest}+${adapter.digest}`;
  return {
    config,
    quantisation,
    folder: resolve(dir),
    facts: { config, digest, quantisation, stopTokenIds: generation.eosTokenIds, unused },
    read: adapter === undefined ? read : mergedWeights({ config, read }, adapter),
    locate: asTheyAre ? locateMapped(tensors) : () => undefined,
    tokenizer,
    generation,
    close: () => {
      adapter?.close();
      base.close();
    },
  };
}

/**
 * Where a session may map a folder's tensors from. A session takes either all external tensors from a folder or all from
 * memory, so one tensor that must be converted keeps all others from being mapped.
 */
export function locateMapped(tensors: TensorSource): DecoderWeights['locate'] {
  const mapped = tensors.names.every((name) => isMappable(tensors, name));
  return (name) => (mapped ? tensors.locate(name) : undefined);
}

/** Whether a tensor's bytes are floats that begin where a float may. */
function isMappable(tensors: TensorSource, name: string): boolean {
  return tensors.dtype(name) === 'float32' && tensors.locate(name).offset % 4 === 0;
}

function openMemory(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, Float32Array>,
  quantisation: WeightQuantisation,
): OpenModel {
  return {
    config,
    quantisation,
    folder: undefined,
    locate: () => undefined,
    facts: { config, digest: undefined, quantisation, stopTokenIds: config.eosTokenIds },
    read: (name) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`the weights in memory have no tensor ${name}`);
      return tensor;
    },
    tokenizer: undefined,
    generation: undefined,
    close: () => undefined,
  };
}
