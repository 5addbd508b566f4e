import { z } from 'zod';
import {
  INITIAL_DEVIATION,
  VERIFIER_FEATURES,
  type DecoderConfig,
  type HeadConfig,
} from './decoder-config.ts';
import { isOwnClass } from './own-heads.ts';
import { longestSequence, readRope } from './read-rope.ts';
import { ropeField } from './rope-schema.ts';
import { invalidFields } from './schema-violations.ts';

/** A number of elements. */
export const size = (max: number) => z.int().min(1).max(max);
const tokenId = z.int().min(0);

/** What a field of config.json means where it is missing; families differ in these. */
export interface Defaults {
  readonly maxPositionEmbeddings: number;
  readonly tieWordEmbeddings: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
}

/** The fields that every family's config.json has, with transformers' defaults. */
export function commonFields(defaults: Defaults) {
  return {
    architectures: z.array(z.string()).nullish(),
    hidden_size: size(1 << 17),
    num_hidden_layers: size(4096),
    num_attention_heads: size(4096),
    num_key_value_heads: size(4096).nullish(),
    head_dim: size(1 << 14).nullish(),
    intermediate_size: size(1 << 20),
    vocab_size: size(1 << 24),
    rms_norm_eps: z.number().positive().default(1e-6),
    tie_word_embeddings: z.boolean().default(defaults.tieWordEmbeddings),
    initializer_range: z.number().nonnegative().nullish(),
    max_position_embeddings: size(1 << 30).default(defaults.maxPositionEmbeddings),
    original_max_position_embeddings: size(1 << 30).nullish(),
    rope_theta: z.number().positive().nullish(),
    rope_parameters: ropeField,
    rope_scaling: ropeField,
    bos_token_id: tokenId.nullable().default(defaults.bosTokenId),
    eos_token_id: z
      .union([tokenId, z.array(tokenId)])
      .nullable()
      .default(defaults.eosTokenId),
    // Some early conversions of Llama write -1 for none.
    pad_token_id: z.int().min(-1).nullish(),
    num_labels: size(1 << 16).nullish(),
    id2label: z.record(z.string(), z.unknown()).nullish(),
    sipf_verifier_features: z.enum(VERIFIER_FEATURES).nullish(),
    sipf_prompt_template: z.string().max(100_000).includes('{question}', 'must hold {question}').nullish(),
    quantization_config: z.null('quantised weights cannot be loaded; use the unquantised folder').optional(),
  };
}
/** The common fields once they are parsed. */
export type CommonFields = z.output<z.ZodObject<ReturnType<typeof commonFields>>>;

/** The part of a configuration that the common fields give; `theta` and `headDim` are the family's defaults. */
export function readCommon(
  raw: CommonFields,
  defaults: { readonly theta?: number; readonly headDim?: number } = {},
): Omit<DecoderConfig, 'modelType' | 'attentionBias' | 'mlpBias'> {
  const pad = raw.pad_token_id ?? -1;
  const rope = readRope(raw, defaults.theta ?? 10_000);
  return {
    hiddenSize: raw.hidden_size,
    numHiddenLayers: raw.num_hidden_layers,
    numAttentionHeads: raw.num_attention_heads,
    numKeyValueHeads: raw.num_key_value_heads ?? raw.num_attention_heads,
    headDim: raw.head_dim ?? defaults.headDim ?? raw.hidden_size / raw.num_attention_heads,
    intermediateSize: raw.intermediate_size,
    vocabSize: raw.vocab_size,
    rmsNormEps: raw.rms_norm_eps,
    tieWordEmbeddings: raw.tie_word_embeddings,
    maxPositionEmbeddings: longestSequence(rope, raw.max_position_embeddings),
    rope,
    ...readDeviation(raw.initializer_range),
    bosTokenId: raw.bos_token_id,
    eosTokenIds: raw.eos_token_id === null ? [] : [raw.eos_token_id].flat(),
    padTokenId: pad === -1 ? null : pad,
    head: readHead(raw),
  };
}

/** Absent, null and 0 are the usual one, as transformers has it. */
function readDeviation(range: number | null | undefined): Pick<DecoderConfig, 'initialDeviation'> {
  const deviation = range || INITIAL_DEVIATION;
  return deviation === INITIAL_DEVIATION ? {} : { initialDeviation: deviation };
}

function readHead(raw: CommonFields): HeadConfig {
  const architecture = raw.architectures?.[0] ?? 'ForCausalLM';
  if (architecture.endsWith('ForCausalLM')) return 'lm';
  if (architecture.endsWith('ForTokenClassification') || isOwnClass(architecture)) {
    return {
      kind: 'token-classification',
      numLabels: raw.id2label ? Object.keys(raw.id2label).length : (raw.num_labels ?? 2),
      features: raw.sipf_verifier_features ?? 'hidden',
      ...(raw.sipf_prompt_template ? { promptTemplate: raw.sipf_prompt_template } : {}),
    };
  }
  if (architecture.endsWith('ForProcessRewardModel')) {
    return { kind: 'mlp-score', numLabels: raw.num_labels ?? 2, features: 'hidden' };
  }
  const description =
    `${architecture.slice(0, 64)} has a head that is not supported; ` +
    'known: *ForCausalLM, *ForTokenClassification, *ForProcessRewardModel';
  throw invalidFields([{ field: 'config.json/architectures/0', description }], 'UNSUPPORTED_ARCHITECTURE');
}
