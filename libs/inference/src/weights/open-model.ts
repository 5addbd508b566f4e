import {
  loadAdapterFolder,
  loadModelFolder,
  type AdapterFolder,
  type DecoderConfig,
  type GenerationTokens,
  type ModelFolder,
  type Tokenizer,
} from '@sipf/models';
import type { ReadWeight } from './initializer-parameters.ts';
import { configWithAdapter, mergedWeights } from './merged-weights.ts';
import type { ModelFacts, ModelSource } from './model-source.ts';

/** A model on the side that runs it. */
export interface OpenModel {
  readonly config: DecoderConfig;
  readonly facts: ModelFacts;
  readonly read: ReadWeight;
  readonly tokenizer: Tokenizer | undefined;
  /** Of the folder; undefined for weights from memory. */
  readonly generation: GenerationTokens | undefined;
  /** Closes the files; call it when no further session will be built. */
  close(): void;
}

/** Opens a folder, or takes weights from memory. @throws SipfError as loadModelFolder and loadAdapterFolder do */
export async function openModel(source: ModelSource): Promise<OpenModel> {
  if (!('folder' in source)) return openMemory(source.config, source.tensors);
  const folder = await loadModelFolder(source.folder);
  const { head = folder.config.head } = source;
  const base = { ...folder, config: { ...folder.config, head } };
  try {
    if (source.adapterFolder === undefined) return openFolder(base, undefined);
    const config = configWithAdapter(base.config, source.adapterFolder);
    const adapter = await loadAdapterFolder(source.adapterFolder, { config, digest: base.digest });
    return openFolder({ ...base, config }, adapter);
  } catch (error) {
    base.close();
    throw error;
  }
}

function openFolder(base: ModelFolder, adapter: AdapterFolder | undefined): OpenModel {
  const { config, generation, tokenizer } = base;
  const digest = adapter === undefined ? base.digest : `${base.digest}+${adapter.digest}`;
  return {
    config,
    facts: { config, digest, stopTokenIds: generation.eosTokenIds },
    read: adapter === undefined ? (name) => base.tensors.float32(name) : mergedWeights(base.tensors, adapter),
    tokenizer,
    generation,
    close: () => {
      adapter?.close();
      base.close();
    },
  };
}

function openMemory(config: DecoderConfig, tensors: ReadonlyMap<string, Float32Array>): OpenModel {
  return {
    config,
    facts: { config, digest: undefined, stopTokenIds: config.eosTokenIds },
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
