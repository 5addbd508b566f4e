import { SipfError } from '@sipf/errors';
import type { LoraConfig } from '../adapters/lora-config.ts';
import type { DecoderConfig } from '../config/decoder-config.ts';
import type { TensorSource } from './host-tensor.ts';

/** The model that an adapter belongs to. */
export interface AdapterBase {
  readonly config: DecoderConfig;
  readonly digest: string;
}

/** An opened PEFT LoRA folder. */
export interface AdapterFolder {
  readonly dir: string;
  readonly lora: LoraConfig;
  /** By PEFT name: `base_model.model.<module>.lora_A.weight` and `lora_B`, `base_model.model.score.weight`. */
  readonly tensors: TensorSource;
  /** Hugging Face names of tensors that replace the base's own (PEFT's `modules_to_save`), e.g. `score.weight`. */
  readonly savedTensors: readonly string[];
  /** Digest of the base that it was trained on; absent in adapters made elsewhere. */
  readonly baseDigest: string | undefined;
  /** What a verifier was asked with, see TokenClassificationHead; absent in language models' adapters. */
  readonly promptTemplate: string | undefined;
  /** As a model folder's. */
  readonly digest: string;
  /** Closes the file; tensors already read stay valid. */
  close(): void;
}

/** What PEFT puts before a base tensor's name. */
export const PEFT_PREFIX = 'base_model.model.';

/** Key of the base's digest in the metadata of adapter_model.safetensors. */
export const BASE_DIGEST_KEY = 'sipf.base_digest';

const PROMPT_TEMPLATE_KEY = 'sipf.prompt_template';

/** The metadata entry that keeps a verifier's prompt template in an adapter; empty where it has none. */
export function promptTemplateMetadata({ head }: DecoderConfig): Record<string, string> {
  if (head === 'lm' || head.promptTemplate === undefined) return {};
  return { [PROMPT_TEMPLATE_KEY]: head.promptTemplate };
}

/**
 * The prompt template in the metadata of adapter_model.safetensors.
 * @throws SipfError failed-precondition ADAPTER_CONFIG_INVALID if it has no slot for the question
 */
export function adapterPromptTemplate(metadata: Readonly<Record<string, string>>): string | undefined {
  const template = metadata[PROMPT_TEMPLATE_KEY];
  if (template === undefined || template.includes('{question}')) return template;
  throw new SipfError('failed-precondition', `adapter: ${PROMPT_TEMPLATE_KEY} must hold {question}`, {
    reason: 'ADAPTER_CONFIG_INVALID',
    violations: [{ field: PROMPT_TEMPLATE_KEY, description: 'must hold {question}' }],
  });
}
