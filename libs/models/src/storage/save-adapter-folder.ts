import { join } from 'node:path';
import type { LoraConfig } from '../adapters/lora-config.ts';
import { BASE_DIGEST_KEY, promptTemplateMetadata, type AdapterBase } from './adapter-folder.ts';
import { checkTensors } from './check-tensors.ts';
import { digestFolder } from './digest-folder.ts';
import type { HostTensor } from './host-tensor.ts';
import { adapterShapes } from './load-adapter-folder.ts';
import { publishFolder, writeJsonFile } from './publish-folder.ts';
import { tensorShapes } from './save-model-folder.ts';
import { writeSafetensors } from './write-safetensors.ts';

/** What goes into an adapter folder. */
export interface AdapterContent {
  readonly lora: LoraConfig;
  /** By PEFT name, see AdapterFolder. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Modules saved whole beside the adapter, e.g. `score`. @default none */
  readonly modulesToSave?: readonly string[];
  /** Written for people and PEFT; where the base is found. @default null */
  readonly baseModelName?: string;
}

/**
 * Saves a PEFT LoRA folder that records the digest of its base and a verifier's prompt template. The folder appears only when it is complete.
 *
 * @returns the folder's digest
 * @throws SipfError already-exists FOLDER_EXISTS; failed-precondition ADAPTER_BASE_MISMATCH where the tensors are not
 * those of the base's target modules
 */
export async function saveAdapterFolder(
  dir: string,
  base: AdapterBase,
  content: AdapterContent,
): Promise<string> {
  const { tensors, lora, modulesToSave = [] } = content;
  checkTensors(
    tensorShapes(tensors),
    adapterShapes(base.config, lora, modulesToSave),
    'ADAPTER_BASE_MISMATCH',
  );
  await publishFolder(dir, async (folder) => {
    await writeJsonFile(join(folder, 'adapter_config.json'), adapterFields(base, content));
    const own = { [BASE_DIGEST_KEY]: base.digest, ...promptTemplateMetadata(base.config) };
    const metadata = { format: 'pt', ...own };
    await writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors, metadata);
  });
  return digestFolder(dir);
}

function adapterFields({ config }: AdapterBase, content: AdapterContent): Record<string, unknown> {
  const { lora, modulesToSave = [], baseModelName } = content;
  return {
    peft_type: 'LORA',
    task_type: config.head === 'lm' ? 'CAUSAL_LM' : 'TOKEN_CLS',
    base_model_name_or_path: baseModelName ?? null,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    target_modules: lora.targetModules,
    modules_to_save: modulesToSave.length > 0 ? modulesToSave : null,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    use_dora: false,
    use_rslora: false,
  };
}
