import { join } from 'node:path';
import type { LoraConfig } from '../adapters/lora-config.ts';
import { isOwnHead, OWN_TASK_TYPE } from '../config/own-heads.ts';
import { BASE_DIGEST_KEY, PEFT_PREFIX, promptTemplateMetadata, type AdapterBase } from './adapter-folder.ts';
import { writeLora } from './adapter-settings.ts';
import { checkTensors } from './check-tensors.ts';
import { digestFolder } from './digest-folder.ts';
import type { HostTensor } from './host-tensor.ts';
import { adapterShapes } from './load-adapter-folder.ts';
import { publishFolder, writeJsonFile } from './publish-folder.ts';
import { tensorShapes } from './save-model-folder.ts';
import { savesTiedHead, TIED_COPIES } from './saved-modules.ts';
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
 * Saves a PEFT LoRA folder that records the digest of its base and a verifier's prompt template. The folder appears only when
 * it is complete.
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
    const written = savesTiedHead(base.config, modulesToSave) ? withTiedHead(tensors) : tensors;
    await writeSafetensors(join(folder, 'adapter_model.safetensors'), written, metadata);
  });
  return digestFolder(dir);
}

/** With the second copy that PEFT asks for where embedding and head are one matrix. */
function withTiedHead(tensors: AdapterContent['tensors']): AdapterContent['tensors'] {
  const { embedding, head } = TIED_COPIES;
  return new Map([...tensors, [PEFT_PREFIX + head, tensors.get(PEFT_PREFIX + embedding) as HostTensor]]);
}

function taskType({ head }: AdapterBase['config']): string {
  if (isOwnHead(head)) return OWN_TASK_TYPE;
  return head === 'lm' ? 'CAUSAL_LM' : 'TOKEN_CLS';
}

function adapterFields({ config }: AdapterBase, content: AdapterContent): Record<string, unknown> {
  const { lora, modulesToSave = [], baseModelName } = content;
  return {
    peft_type: 'LORA',
    task_type: taskType(config),
    base_model_name_or_path: baseModelName ?? null,
    ...writeLora(lora),
    modules_to_save: modulesToSave.length > 0 ? modulesToSave : null,
    ...(savesTiedHead(config, modulesToSave) && { ensure_weight_tying: true }),
    inference_mode: true,
  };
}
