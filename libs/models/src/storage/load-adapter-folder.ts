import { SipfError } from '@sipf/errors';
import { join } from 'node:path';
import { adaptedModules, type LoraConfig, loraParameterShapes } from '../adapters/lora-config.ts';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { invalidFields, parseFileContent } from '../config/schema-violations.ts';
import { linearModules, parameterShapes } from '../families/registry.ts';
import { adapterConfigSchema } from './adapter-config-schema.ts';
import {
  adapterPromptTemplate,
  BASE_DIGEST_KEY,
  PEFT_PREFIX,
  type AdapterBase,
  type AdapterFolder,
} from './adapter-folder.ts';
import { readLora } from './adapter-settings.ts';
import { checkTensors } from './check-tensors.ts';
import { digestFolder } from './digest-folder.ts';
import { inFolderAsync } from './in-folder.ts';
import { openSafetensors, type SafetensorsFile } from './open-safetensors.ts';
import { readJsonFile } from './read-json-file.ts';
import { savedModules, savedParameters, savesTiedHead, TIED_COPIES } from './saved-modules.ts';

const FILE = { fileName: 'adapter_config.json', reason: 'ADAPTER_CONFIG_INVALID' };
const MISMATCH = 'ADAPTER_BASE_MISMATCH';

/**
 * The longest header of an adapter's weights: what stands beside its tensors (a prompt template among it), and a tensor. A
 * server's model answers nothing while it is parsed, so that what only foreign tensors could fill is refused before.
 */
const HEADER_BYTES = 1 << 20;
const HEADER_BYTES_PER_TENSOR = 1 << 10;

/**
 * Opens a PEFT LoRA folder and checks that it fits the base.
 *
 * @throws SipfError that names the folder, failed-precondition ADAPTER_BASE_MISMATCH where its modules, shapes or recorded base
 * digest are another model's, ADAPTER_CONFIG_INVALID for another kind of adapter; and as {@link openSafetensors}
 */
export function loadAdapterFolder(dir: string, base: AdapterBase): Promise<AdapterFolder> {
  return inFolderAsync(dir, () => openAdapterFolder(dir, base));
}

async function openAdapterFolder(dir: string, base: AdapterBase): Promise<AdapterFolder> {
  const { config, digest: baseIs } = base;
  const raw = parseFileContent(adapterConfigSchema, readJsonFile(dir, FILE.fileName), FILE);
  const saved = savedModules(config, raw.modules_to_save ?? [], raw.ensure_weight_tying ?? false);
  const lora = readLora(raw, saved);
  const expected = adapterShapes(config, lora, saved);
  const headerBytes = HEADER_BYTES + HEADER_BYTES_PER_TENSOR * expected.size;
  const tensors = openSafetensors(join(dir, 'adapter_model.safetensors'), headerBytes);
  try {
    const baseDigest = tensors.metadata[BASE_DIGEST_KEY];
    checkBaseDigest(baseDigest, baseIs);
    checkTensors(tensors, expected, MISMATCH);
    checkNoOthers(tensors, expected, savesTiedHead(config, saved));
    const savedTensors = savedParameters(config, saved);
    const promptTemplate = adapterPromptTemplate(tensors.metadata);
    const digest = await digestFolder(dir);
    return { dir, lora, tensors, savedTensors, baseDigest, promptTemplate, digest, close: closer(tensors) };
  } catch (error) {
    tensors.close();
    throw error;
  }
}

/**
 * Shapes of an adapter's tensors by PEFT name, those of the modules that it replaces included.
 *
 * @throws SipfError failed-precondition ADAPTER_BASE_MISMATCH where the base has no such module
 */
export function adapterShapes(
  config: DecoderConfig,
  lora: LoraConfig,
  modulesToSave: readonly string[],
): Map<string, readonly number[]> {
  const modules = linearModules(config);
  const own = { ...lora, savedModules: modulesToSave };
  try {
    adaptedModules(own, [...modules.keys()]);
  } catch (cause) {
    if (!(cause instanceof SipfError) || cause.reason !== 'LORA_TARGET_NOT_FOUND') throw cause;
    const message = `${cause.message}; remove what the adapter does not need`;
    throw new SipfError('failed-precondition', `${FILE.fileName}/target_modules: ${message}`, {
      reason: MISMATCH,
      violations: [{ field: `${FILE.fileName}/target_modules`, description: message }],
      cause,
    });
  }
  const shapes = parameterShapes(config);
  const replaced = savedParameters(config, modulesToSave).map(
    (name) => [PEFT_PREFIX + name, shapes.get(name) as readonly number[]] as const,
  );
  return new Map([...loraParameterShapes(own, modules), ...replaced]);
}

function checkBaseDigest(recorded: string | undefined, actual: string): void {
  if (recorded === undefined || recorded === actual) return;
  throw new SipfError(
    'failed-precondition',
    `the adapter was trained on ${recorded}, the base is ${actual}`,
    {
      reason: MISMATCH,
      metadata: { expected: recorded, actual },
    },
  );
}

/** A tensor that no module takes would silently be without effect; a second copy of a tied matrix must be one. */
function checkNoOthers(
  tensors: SafetensorsFile,
  expected: ReadonlyMap<string, unknown>,
  withTiedHead: boolean,
): void {
  const head = PEFT_PREFIX + TIED_COPIES.head;
  const copied = withTiedHead && isCopy(tensors, head, PEFT_PREFIX + TIED_COPIES.embedding);
  const others = tensors.names.filter((name) => !expected.has(name) && !(copied && name === head));
  if (others.length === 0) return;
  const description =
    'belongs to no module that the configuration adapts in this base, or differs from the matrix that it is tied to';
  throw invalidFields(
    others.map((field) => ({ field, description })),
    MISMATCH,
  );
}

function isCopy(tensors: SafetensorsFile, name: string, of: string): boolean {
  if (!tensors.has(name)) return false;
  const [copy, original] = [tensors.float32(name), tensors.float32(of)];
  return copy.length === original.length && copy.every((value, index) => value === original[index]);
}

function closer(tensors: SafetensorsFile): () => void {
  return () => {
    tensors.close();
  };
}
