import type { PrecisionName } from '@sipf/contracts/devices';
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
import type { ModelFacts, ModelSource } from './model-source.ts';

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
  const { quantisation = 'none', precision = 'float32' } = source;
  const form = { quantisation, precision };
  if (!('folder' in source)) return openMemory(source.config, source.tensors, form);
  const folder = await loadModelFolder(source.folder);
  const { head = folder.config.head } = source;
  const base = { ...folder, config: { ...folder.config, head } };
  try {
    const { digest: expected = base.digest } = source;
    if (base.digest !== expected) throw modelChanged(base.dir, { expected, actual: base.digest });
    if (source.adapterFolder === undefined) return openFolder(base, undefined, form);
    const config = configWithAdapter(base.config, source.adapterFolder);
    const adapter = await loadAdapterFolder(source.adapterFolder, { config, digest: base.digest });
    return openFolder({ ...base, config }, adapter, form);
  } catch (error) {
    base.close();
    throw error;
  }
}

/** How weights are kept. */
type WeightForm = Pick<DecoderWeights, 'quantisation' | 'precision'>;

function openFolder(base: ModelFolder, adapter: AdapterFolder | undefined, form: WeightForm): OpenModel {
  const { quantisation, precision } = form;
  const { config, generation, tokenizer, tensors, dir, unused } = base;
  const read = (name: string): Float32Array => tensors.float32(name);
  const asTheyAre = adapter === undefined && quantisation === 'none';
  const digest = adapter === undefined ? base.digest : `${base.digest}+${adapter.digest}`;
  return {
    config,
    ...form,
    folder: resolve(dir),
    facts: { config, digest, ...form, stopTokenIds: generation.eosTokenIds, unused },
    read: adapter === undefined ? read : mergedWeights({ config, read }, adapter),
    locate: asTheyAre ? locateMapped(tensors, precision) : () => undefined,
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
export function locateMapped(
  tensors: TensorSource,
  precision: PrecisionName = 'float32',
): DecoderWeights['locate'] {
  const mapped = tensors.names.every((name) => isMappable(tensors, name, precision));
  return (name) => (mapped ? tensors.locate(name) : undefined);
}

/**
 * Whether a tensor's bytes are what the graph computes with, and begin where its elements may; vectors of a model in half
 * precision are read.
 */
function isMappable(tensors: TensorSource, name: string, precision: PrecisionName): boolean {
  const bytes = precision === 'float32' ? 4 : 2;
  if (bytes === 2 && tensors.shape(name).length < 2) return true;
  return tensors.dtype(name) === precision && tensors.locate(name).offset % bytes === 0;
}

function openMemory(
  config: DecoderConfig,
  tensors: ReadonlyMap<string, Float32Array>,
  form: WeightForm,
): OpenModel {
  return {
    config,
    ...form,
    folder: undefined,
    locate: () => undefined,
    facts: { config, digest: undefined, ...form, stopTokenIds: config.eosTokenIds },
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
