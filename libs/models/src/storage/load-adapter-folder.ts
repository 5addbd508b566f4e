import { join } from 'node:path';
import { SipfError } from '@sipf/errors';
import { adaptedModules, loraParameterShapes, type LoraConfig } from '../adapters/lora-config.ts';
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
import { checkTensors } from './check-tensors.ts';
import { digestFolder } from './digest-folder.ts';
import { openSafetensors, type SafetensorsFile } from './open-safetensors.ts';
import { readJsonFile } from './read-json-file.ts';

const FILE = { fileName: 'adapter_config.json', reason: 'ADAPTER_CONFIG_INVALID' };
const MISMATCH = 'ADAPTER_BASE_MISMATCH';

/**
 * Opens a PEFT LoRA folder and checks that it fits the base.
 *
 * @throws SipfError failed-precondition ADAPTER_BASE_MISMATCH where its modules, shapes or recorded base digest are
 * another model's, ADAPTER_CONFIG_INVALID for another kind of adapter; and as {@link openSafetensors}
 */
export async function loadAdapterFolder(dir: string, base: AdapterBase): Promise<AdapterFolder> {
  const raw = parseFileContent(adapterConfigSchema, readJsonFile(dir, FILE.fileName), FILE);
  const lora: LoraConfig = {
    rank: raw.r,
    alpha: raw.lora_alpha,
    targetModules: raw.target_modules,
    dropout: raw.lora_dropout,
  };
  const tensors = openSafetensors(join(dir, 'adapter_model.safetensors'));
  try {
    const baseDigest = tensors.metadata[BASE_DIGEST_KEY];
    checkBaseDigest(baseDigest, base.digest);
    const expected = adapterShapes(base.config, lora, raw.modules_to_save ?? []);
    checkTensors(tensors, expected, MISMATCH);
    checkNoOthers(tensors, expected);
    const savedTensors = [...expected.keys()].filter((name) => !name.includes('.lora_')).map(withoutPrefix);
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
  const saved = [...parameterShapes(config)].filter(([name]) =>
    modulesToSave.some((module) => `.${name}`.includes(`.${module}.`)),
  );
  try {
    adaptedModules(lora, [...modules.keys()]);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'the target modules are not the base model’s';
    throw new SipfError('failed-precondition', `${FILE.fileName}/target_modules: ${message}`, {
      reason: MISMATCH,
      violations: [{ field: `${FILE.fileName}/target_modules`, description: message }],
      cause,
    });
  }
  const replaced = saved.map(([name, shape]) => [PEFT_PREFIX + name, shape] as const);
  return new Map([...loraParameterShapes(lora, modules), ...replaced]);
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

/** A tensor that no module takes would silently be without effect. */
function checkNoOthers(tensors: SafetensorsFile, expected: ReadonlyMap<string, unknown>): void {
  const others = tensors.names.filter((name) => !expected.has(name));
  if (others.length === 0) return;
  const description = 'belongs to no module that the configuration adapts in this base';
  throw invalidFields(
    others.map((field) => ({ field, description })),
    MISMATCH,
  );
}

function withoutPrefix(name: string): string {
  return name.slice(PEFT_PREFIX.length);
}

function closer(tensors: SafetensorsFile): () => void {
  return () => {
    tensors.close();
  };
}
