import { SipfError } from '@sipf/errors';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { parameterShapes } from '../families/registry.ts';

const FIELD = 'adapter_config.json/modules_to_save';
const EMBEDDING = 'model.embed_tokens';
const HEAD = 'lm_head';

/**
 * Hugging Face names of the tensors of the modules that PEFT saves whole by these names: a module is meant where its
 * full name ends in one, point or no point before it, with all that is inside.
 */
export function savedParameters(config: DecoderConfig, modules: readonly string[]): string[] {
  return [...parameterShapes(config).keys()].filter((name) => {
    const parts = name.split('.').slice(0, -1);
    return parts.some((_, last) => isNamed(parts.slice(0, last + 1).join('.'), modules));
  });
}

/**
 * The modules that an adapter saves whole, where the base's head is its embedding: PEFT keeps the old matrix as the head
 * unless `ensure_weight_tying` says that the new one is both. What is not one matrix for both is refused.
 *
 * @throws SipfError failed-precondition ADAPTER_CONFIG_INVALID
 */
export function savedModules(
  config: DecoderConfig,
  modules: readonly string[],
  ensureTying: boolean,
): readonly string[] {
  if (!isTied(config) || !(isNamed(EMBEDDING, modules) || isNamed(HEAD, modules))) return modules;
  if (ensureTying) return [...modules.filter((module) => !isNamed(HEAD, [module])), EMBEDDING];
  const description =
    'saves embedding or head of a base where they are one matrix, without ensure_weight_tying, so that they become two: ' +
    'train the adapter again with ensure_weight_tying: true';
  throw new SipfError('failed-precondition', `${FIELD}: ${description}`, {
    reason: 'ADAPTER_CONFIG_INVALID',
    violations: [{ field: FIELD, description }],
  });
}

/** Whether these modules are saved with a second copy of the embedding, as the head, which PEFT asks for. */
export function savesTiedHead(config: DecoderConfig, modules: readonly string[]): boolean {
  return isTied(config) && isNamed(EMBEDDING, modules);
}

/** Names of the two copies within a model. */
export const TIED_COPIES = { embedding: `${EMBEDDING}.weight`, head: `${HEAD}.weight` } as const;

function isTied({ head, tieWordEmbeddings }: DecoderConfig): boolean {
  return head === 'lm' && tieWordEmbeddings;
}

function isNamed(module: string, names: readonly string[]): boolean {
  return names.some((name) => module.endsWith(name));
}
