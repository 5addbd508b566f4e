import {
  MODEL_TYPES,
  type DecoderConfig,
  type HeadConfig,
  type ModelType,
} from '../../config/decoder-config.ts';
import { parseDecoderConfig } from '../../config/parse-decoder-config.ts';

/** What every tiny config.json says: D 8, L 2, H 4, K 2, Dh 4, F 12, V 11. */
const SHARED_FIELDS = {
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  intermediate_size: 12,
  vocab_size: 11,
  max_position_embeddings: 64,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: 0,
};

/** What shows every trait of a family on two layers; windows are shorter than a spec's rows. */
const FAMILY_FIELDS: Readonly<Record<ModelType, Readonly<Record<string, unknown>>>> = {
  llama: {},
  gemma: { head_dim: 6, num_key_value_heads: 1 },
  phi: { num_key_value_heads: 4, partial_rotary_factor: 0.5 },
  mistral: { sliding_window: 3 },
  qwen2: { use_sliding_window: true, sliding_window: 3, max_window_layers: 1 },
  qwen3: { head_dim: 6 },
  gemma2: {
    head_dim: 6,
    sliding_window: 3,
    query_pre_attn_scalar: 9,
    attn_logit_softcapping: 1.5,
    final_logit_softcapping: 2,
  },
  gemma3_text: { sliding_window: 3, sliding_window_pattern: 2, query_pre_attn_scalar: 9, rope_theta: 300 },
  phi3: { sliding_window: 4, partial_rotary_factor: 0.5 },
  smollm3: { no_rope_layers: [1, 0] },
};

/** Every family, for `it.each`. */
export const EVERY_FAMILY: readonly ModelType[] = MODEL_TYPES;

/** The content of a config.json of this family that is small enough for a spec. */
export function tinyFamilyFields(modelType: ModelType): Record<string, unknown> {
  return { ...SHARED_FIELDS, model_type: modelType, ...FAMILY_FIELDS[modelType] };
}

/** A model of this family that is small enough for a spec. */
export function tinyFamily(modelType: ModelType, head: HeadConfig = 'lm'): DecoderConfig {
  return { ...parseDecoderConfig(tinyFamilyFields(modelType)), head };
}
