import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { parseDecoderConfig } from '../config/parse-decoder-config.ts';
import { invalidFields, parseFileContent } from '../config/schema-violations.ts';
import { parameterShapes } from '../families/registry.ts';
import { loadTokenizer } from '../tokenizer/load-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { checkTensors } from './check-tensors.ts';
import { digestFolder } from './digest-folder.ts';
import { inFolderAsync } from './in-folder.ts';
import type { GenerationTokens, ModelFolder } from './model-folder.ts';
import { openWeights, type Weights } from './open-weights.ts';
import { readJsonFile, readOptionalJsonFile } from './read-json-file.ts';
import { withStoredLmHead } from './stored-lm-head.ts';
import { unusedTensors } from './unused-tensors.ts';

/** How a model folder is opened. */
export interface LoadModelOptions {
  /** The folder's digest where it is known, so that its files need not be hashed. */
  readonly knownDigest?: string;
}

/**
 * Opens a Hugging Face folder (config.json, model.safetensors or shards, tokenizer.json) and checks that its parts
 * fit one another; the weights themselves are read later, one by one.
 *
 * @throws SipfError that names the folder, as {@link parseDecoderConfig}, {@link openWeights}, {@link loadTokenizer};
 * failed-precondition TENSORS_MISMATCH for missing or misshapen tensors, VOCABULARY_MISMATCH for a tokenizer with more ids than
 * the embedding has rows, GENERATION_CONFIG_INVALID
 */
export function loadModelFolder(dir: string, options: LoadModelOptions = {}): Promise<ModelFolder> {
  return inFolderAsync(dir, () => openModelFolder(dir, options));
}

async function openModelFolder(dir: string, options: LoadModelOptions): Promise<ModelFolder> {
  const written = parseDecoderConfig(readJsonFile(dir, 'config.json'));
  const generation = readGenerationTokens(dir, written);
  const tokenizer = existsSync(join(dir, 'tokenizer.json')) ? loadTokenizer(dir) : undefined;
  if (tokenizer !== undefined) checkVocabulary(tokenizer, written);
  const tensors = openWeights(dir);
  try {
    const config = withStoredLmHead(written, tensors);
    checkTensors(tensors, parameterShapes(config));
    const digest = options.knownDigest ?? (await digestFolder(dir));
    const unused = unusedTensors(tensors, config);
    return { dir, config, tensors, unused, tokenizer, generation, digest, close: closer(tensors) };
  } catch (error) {
    tensors.close();
    throw error;
  }
}

function closer(tensors: Weights): () => void {
  return () => {
    tensors.close();
  };
}

function checkVocabulary(tokenizer: Tokenizer, config: DecoderConfig): void {
  if (tokenizer.vocabSize <= config.vocabSize) return;
  const description = `the tokenizer has ids up to ${tokenizer.vocabSize - 1}, the embedding only ${config.vocabSize} rows`;
  throw invalidFields([{ field: 'config.json/vocab_size', description }], 'VOCABULARY_MISMATCH');
}

const GENERATION_FILE = { fileName: 'generation_config.json', reason: 'GENERATION_CONFIG_INVALID' };

/**
 * Which tokens begin and end a text, by generation_config.json, else by the model's own configuration.
 * @throws SipfError GENERATION_CONFIG_INVALID
 */
export function readGenerationTokens(dir: string, config: DecoderConfig): GenerationTokens {
  const id = z
    .int()
    .min(0)
    .max(config.vocabSize - 1);
  const schema = z.looseObject({
    eos_token_id: z.union([id, z.array(id)]).nullish(),
    bos_token_id: id.nullish(),
    pad_token_id: id.nullish(),
  });
  const raw = parseFileContent(
    schema,
    readOptionalJsonFile(dir, GENERATION_FILE.fileName) ?? {},
    GENERATION_FILE,
  );
  return {
    eosTokenIds:
      typeof raw.eos_token_id === 'number' ? [raw.eos_token_id] : (raw.eos_token_id ?? config.eosTokenIds),
    bosTokenId: raw.bos_token_id ?? config.bosTokenId,
    padTokenId: raw.pad_token_id ?? config.padTokenId,
  };
}
