import { MODEL_TYPES, type DecoderConfig, type HeadConfig, type ModelType } from './decoder-config.ts';

/** What a head is called that transformers has no class for. */
const MODEL_TYPE_PREFIX = 'sipf_';
const CLASS_PREFIX = 'Sipf';
const CLASS_SUFFIX = 'ForProcessReward';
/** The file with weights for transformers; it says so where it is asked for them. */
export const NO_WEIGHTS = 'none: transformers has no class for this head';

/** Whether transformers, asked for a token classifier, would compute something else than this head does. */
export function isOwnHead(head: HeadConfig): boolean {
  if (head === 'lm' || head.kind === 'token-pair') return false;
  return head.kind === 'mlp-score' || head.features === 'hidden+confidence';
}

/**
 * `architectures` and `model_type` of a configuration. A head that transformers cannot compute has a `model_type` that its Auto
 * classes do not know, and names no weights for the classes that are asked by their own names, so that none loads the rest of
 * such a model.
 * @param className what transformers' classes of the family begin with
 */
export function headNames({ head, modelType }: DecoderConfig, className: string): Record<string, unknown> {
  if (!isOwnHead(head)) {
    return { architectures: [`${className}${classSuffix(head)}`], model_type: modelType };
  }
  return {
    architectures: [ownClass(head, className)],
    model_type: `${MODEL_TYPE_PREFIX}${modelType}`,
    transformers_weights: NO_WEIGHTS,
  };
}

/** `task_type` of an adapter on a head that transformers cannot compute; PEFT refuses it. */
export const OWN_TASK_TYPE = 'SIPF_PROCESS_REWARD';

/** Whether a class is that of a token classifier which transformers cannot compute. */
export function isOwnClass(architecture: string): boolean {
  return architecture.startsWith(CLASS_PREFIX) && architecture.endsWith(CLASS_SUFFIX);
}

/** The family of a file's `model_type`; undefined for one that is not known. */
export function familyOf(modelType: string): ModelType | undefined {
  const family = modelType.startsWith(MODEL_TYPE_PREFIX)
    ? modelType.slice(MODEL_TYPE_PREFIX.length)
    : modelType;
  return MODEL_TYPES.find((known) => known === family);
}

/** Qwen's models with this head have a class of their own, which their makers' code knows. */
function ownClass(head: HeadConfig, className: string): string {
  const isMlp = head !== 'lm' && head.kind === 'mlp-score';
  return isMlp ? `${className}ForProcessRewardModel` : `${CLASS_PREFIX}${className}${CLASS_SUFFIX}`;
}

function classSuffix(head: HeadConfig): string {
  return head === 'lm' || head.kind === 'token-pair' ? 'ForCausalLM' : 'ForTokenClassification';
}
