import { writeDurably } from '@sipf/artifacts/durable-file';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { configJson } from '../config/config-json.ts';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { toHuggingFaceConfig } from '../config/to-hugging-face-config.ts';
import { parameterShapes } from '../families/registry.ts';
import { checkTensors, type TensorShapes } from './check-tensors.ts';
import { digestFolder } from './digest-folder.ts';
import type { WritableTensor } from './host-tensor.ts';
import type { GenerationTokens } from './model-folder.ts';
import { copyDurably, publishFolder, writeJsonFile } from './publish-folder.ts';
import { writeSafetensors } from './write-safetensors.ts';

/** What goes into a model folder. */
export interface ModelContent {
  readonly config: DecoderConfig;
  /** Every tensor of the configuration by Hugging Face name, floating-point. */
  readonly tensors: ReadonlyMap<string, WritableTensor>;
  /** A folder whose tokenizer files are copied byte for byte. */
  readonly tokenizerFrom?: string;
  /** @default the configuration's ids */
  readonly generation?: GenerationTokens;
}

const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
];

/**
 * Saves a folder that transformers and {@link loadModelFolder} load; equal content gives equal bytes. The folder
 * appears only when it is complete.
 *
 * @returns the folder's digest
 * @throws SipfError already-exists FOLDER_EXISTS; failed-precondition TENSORS_MISMATCH; invalid-argument TENSOR_INVALID
 */
export async function saveModelFolder(dir: string, content: ModelContent): Promise<string> {
  const { config, tensors, tokenizerFrom, generation = config } = content;
  checkTensors(tensorShapes(tensors), parameterShapes(config));
  await publishFolder(dir, async (folder) => {
    const dtype = tensors.values().next().value?.dtype ?? 'float32';
    await writeDurably(join(folder, 'config.json'), configJson(toHuggingFaceConfig(config, dtype)));
    if (config.head === 'lm') {
      await writeJsonFile(join(folder, 'generation_config.json'), generationFields(generation));
    }
    if (tokenizerFrom !== undefined) await copyTokenizer(tokenizerFrom, folder);
    await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  });
  return digestFolder(dir);
}

/** A view of tensors in memory for {@link checkTensors}. */
export function tensorShapes(tensors: ReadonlyMap<string, WritableTensor>): TensorShapes {
  const tensor = (name: string) => tensors.get(name) as WritableTensor;
  return {
    has: (name: string) => tensors.has(name),
    shape: (name: string) => tensor(name).shape,
    dtype: (name: string) => tensor(name).dtype,
  };
}

function generationFields(generation: GenerationTokens): Record<string, unknown> {
  const { eosTokenIds, bosTokenId, padTokenId } = generation;
  return {
    bos_token_id: bosTokenId,
    eos_token_id: eosTokenIds.length > 1 ? eosTokenIds : (eosTokenIds[0] ?? null),
    pad_token_id: padTokenId,
  };
}

/** Copies a folder's tokenizer files byte for byte, over those of the same name. */
export async function copyTokenizer(from: string, to: string): Promise<void> {
  for (const name of TOKENIZER_FILES.filter((file) => existsSync(join(from, file)))) {
    await copyDurably(join(from, name), join(to, name));
  }
}
