import type { FieldViolation } from '@sipf/errors';
import { NO_WEIGHTS } from './own-heads.ts';

type Neutral = (value: unknown) => boolean;

const only =
  (...values: readonly unknown[]): Neutral =>
  (value) =>
    values.includes(value);
const none: Neutral = () => false;
const everyLayer =
  (wanted: unknown): Neutral =>
  (value) =>
    Array.isArray(value) && value.every((layer) => layer === wanted);

/**
 * Fields by which other families, later releases or derived models compute something else, each with the values under which
 * they compute what a family without the field does.
 */
const NEUTRAL_VALUES: Readonly<Record<string, Neutral>> = {
  // Biases and norms.
  attention_bias: only(false),
  mlp_bias: only(false),
  use_bias: only(false),
  token_classification_bias: only(true),
  qk_layernorm: only(false),
  qk_norm: only(false),
  use_qk_norm: only(false),
  clip_qkv: none,
  // Who sees whom.
  is_causal: only(true),
  use_bidirectional_attention: only(false),
  sliding_window: none,
  layer_types: everyLayer('full_attention'),
  attention_chunk_size: none,
  add_cross_attention: only(false),
  is_encoder_decoder: only(false),
  // Positions.
  no_rope_layers: everyLayer(1),
  rope_interleaved: only(false),
  rope_interleave: only(false),
  partial_rotary_factor: only(1),
  rotary_pct: only(1),
  alibi: only(false),
  // Scales and caps.
  logit_scale: only(1),
  logits_scaling: only(1),
  residual_multiplier: only(1),
  embedding_multiplier: only(1),
  attention_multiplier: none,
  lm_head_multiplier: only(1),
  scale_emb: only(1),
  scale_depth: none,
  query_pre_attn_scalar: none,
  attn_logit_softcapping: none,
  final_logit_softcapping: none,
  // Other layers.
  use_parallel_residual: only(false),
  parallel_attn: only(false),
  num_local_experts: only(0, 1),
  num_experts: only(0, 1),
  n_routed_experts: only(0, 1),
  per_layer_config: none,
  // Weights that are stored otherwise.
  compression_config: none,
  transformers_weights: only('model.safetensors', NO_WEIGHTS),
};

/**
 * What is wrong with the fields of a config.json that its family does not read.
 * @param read the fields that it reads
 */
export function foreignFields(
  raw: Readonly<Record<string, unknown>>,
  read: ReadonlySet<string>,
): FieldViolation[] {
  return [...foreignSettings(raw, read), ...foreignShares(raw, read)];
}

function foreignSettings(
  raw: Readonly<Record<string, unknown>>,
  read: ReadonlySet<string>,
): FieldViolation[] {
  // Qwen and its kin switch a window off beside its width.
  const windowIsOff = raw['use_sliding_window'] === false;
  return Object.entries(NEUTRAL_VALUES)
    .filter(([field]) => !read.has(field) && !(field === 'sliding_window' && windowIsOff))
    .filter(([field, isNeutral]) => (raw[field] ?? null) !== null && !isNeutral(raw[field]))
    .map(([field]) => notComputed(field, raw[field]));
}

const SHARE = 'partial_rotary_factor';
/** Where RoPE's parameters stand, those of one type of layer among them. */
const ROPES = ['rope_parameters', 'rope_scaling'].flatMap((field) =>
  [[], ['full_attention'], ['sliding_attention']].map((type) => [field, ...type]),
);

/** RoPE on a part of every head, among RoPE's own parameters, in a family that rotates whole heads. */
function foreignShares(raw: Readonly<Record<string, unknown>>, read: ReadonlySet<string>): FieldViolation[] {
  if (read.has(SHARE)) return [];
  return ROPES.map((path) => [...path, SHARE])
    .map((path) => ({ field: path.join('/'), value: valueAt(raw, path) }))
    .filter(({ value }) => (value ?? 1) !== 1)
    .map(({ field, value }) => notComputed(field, value));
}

function valueAt(raw: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined,
    raw,
  );
}

function notComputed(field: string, value: unknown): FieldViolation {
  return {
    field: `config.json/${field}`,
    description: `is ${shown(value)}, which this family does not compute`,
  };
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 64);
}
