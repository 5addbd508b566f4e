import type { ModelType } from '@sipf/models';

/** A config.json that says something twice, or leaves something open, and how it is read. */
export interface SaidOtherwise {
  readonly name: string;
  readonly modelType: ModelType;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The field that is refused by name; undefined: the logits are those of transformers. */
  readonly refused?: string;
}

const LINEAR = { rope_type: 'linear', factor: 2 };
const LLAMA3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
const YARN = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 8 };
const LONGROPE = { rope_type: 'longrope', short_factor: [1, 2], long_factor: [3, 4] };
const SLIDING = ['full_attention', 'sliding_attention'];

export const SAID_OTHERWISE: readonly SaidOtherwise[] = [
  {
    name: 'two scalings',
    modelType: 'llama',
    fields: { rope_scaling: LINEAR, rope_parameters: { ...LINEAR, factor: 4 } },
  },
  {
    name: 'an empty scaling beside another',
    modelType: 'llama',
    fields: { rope_scaling: {}, rope_parameters: LINEAR },
  },
  {
    name: 'three bases',
    modelType: 'llama',
    fields: { rope_theta: 500, rope_scaling: LINEAR, rope_parameters: { ...LINEAR, rope_theta: 300 } },
  },
  {
    name: 'two original lengths',
    modelType: 'llama',
    fields: {
      original_max_position_embeddings: 8,
      rope_parameters: { ...LLAMA3, original_max_position_embeddings: 16 },
    },
  },
  {
    name: 'a low factor above the high one',
    modelType: 'llama',
    fields: {
      rope_parameters: {
        ...LLAMA3,
        low_freq_factor: 1,
        high_freq_factor: 0.1,
        original_max_position_embeddings: 8,
      },
    },
  },
  { name: 'no original length', modelType: 'llama', fields: { rope_parameters: LLAMA3 } },
  {
    name: 'an open truncation',
    modelType: 'llama',
    fields: { rope_scaling: { ...YARN, truncate: null, beta_fast: 4 } },
  },
  { name: 'a scaling without a kind', modelType: 'qwen2', fields: { rope_scaling: { factor: 4 } } },
  {
    name: 'a window switched on without a width',
    modelType: 'qwen2',
    fields: { use_sliding_window: true, sliding_window: null },
  },
  { name: 'an early Gemma', modelType: 'gemma', fields: { hidden_act: 'gelu', hidden_activation: null } },
  {
    name: 'a local base beside scalings by type',
    modelType: 'gemma3_text',
    fields: {
      rope_local_base_freq: 50,
      rope_parameters: { full_attention: LINEAR, sliding_attention: { rope_type: 'default' } },
    },
  },
  { name: 'an older scaling', modelType: 'gemma3_text', fields: { rope_theta: 300, rope_scaling: LINEAR } },
  {
    name: 'one scaling by type',
    modelType: 'gemma3_text',
    fields: { rope_parameters: { full_attention: LINEAR } },
  },
  {
    name: 'two shares',
    modelType: 'phi',
    fields: { partial_rotary_factor: 0.5, rope_parameters: { partial_rotary_factor: 0.75 } },
  },
  { name: 'no share', modelType: 'phi', fields: { partial_rotary_factor: undefined } },
  {
    name: 'a dynamic scaling from another length',
    modelType: 'llama',
    fields: { rope_parameters: { rope_type: 'dynamic', factor: 2, original_max_position_embeddings: 8 } },
    refused: 'rope_parameters/original_max_position_embeddings',
  },
  {
    name: 'scalings by type',
    modelType: 'qwen2',
    fields: { rope_parameters: { full_attention: LINEAR } },
    refused: 'rope_parameters/full_attention',
  },
  {
    name: 'two full scalings',
    modelType: 'gemma3_text',
    fields: { rope_scaling: LINEAR, rope_parameters: { full_attention: { ...LINEAR, factor: 4 } } },
    refused: 'rope_scaling',
  },
  { name: 'YaRN', modelType: 'phi3', fields: { rope_scaling: YARN }, refused: 'rope_scaling' },
  {
    name: 'the original length within the scaling alone',
    modelType: 'phi3',
    fields: {
      original_max_position_embeddings: undefined,
      rope_parameters: { ...LONGROPE, original_max_position_embeddings: 8 },
    },
    refused: 'original_max_position_embeddings',
  },
  {
    name: 'types beside its window',
    modelType: 'mistral',
    fields: { layer_types: SLIDING },
    refused: 'layer_types',
  },
  {
    name: 'types beside its window',
    modelType: 'phi3',
    fields: { layer_types: SLIDING },
    refused: 'layer_types',
  },
  {
    name: 'a window switched off',
    modelType: 'qwen2',
    fields: { use_sliding_window: false, layer_types: SLIDING },
    refused: 'use_sliding_window',
  },
  {
    name: 'a window switched off',
    modelType: 'smollm3',
    fields: { use_sliding_window: false, sliding_window: 3, layer_types: SLIDING },
    refused: 'use_sliding_window',
  },
  {
    name: 'types without a width',
    modelType: 'qwen3',
    fields: { use_sliding_window: true, sliding_window: null, layer_types: SLIDING },
    refused: 'sliding_window',
  },
  { name: 'no width', modelType: 'gemma2', fields: { sliding_window: null }, refused: 'sliding_window' },
  {
    name: 'the exact GELU',
    modelType: 'gemma2',
    fields: { hidden_activation: 'gelu' },
    refused: 'hidden_activation',
  },
  {
    name: 'a mask that hides nothing',
    modelType: 'llama',
    fields: { is_causal: false },
    refused: 'is_causal',
  },
  {
    name: 'a share',
    modelType: 'llama',
    fields: { partial_rotary_factor: 0.5 },
    refused: 'partial_rotary_factor',
  },
  {
    name: 'a share within RoPE',
    modelType: 'mistral',
    fields: { rope_parameters: { ...LINEAR, partial_rotary_factor: 0.5 } },
    refused: 'rope_parameters/partial_rotary_factor',
  },
  {
    name: 'a share within one type of layer',
    modelType: 'gemma3_text',
    fields: { rope_parameters: { full_attention: { ...LINEAR, partial_rotary_factor: 0.5 } } },
    refused: 'rope_parameters/full_attention/partial_rotary_factor',
  },
  {
    name: 'bounded scores, which transformers leaves out',
    modelType: 'gemma3_text',
    fields: { attn_logit_softcapping: 0.5 },
    refused: 'attn_logit_softcapping',
  },
  ...(['llama', 'gemma2', 'gemma3_text'] as const).map((modelType) => ({
    name: 'a width that is not a multiple of the heads, which transformers refuses',
    modelType,
    fields: { hidden_size: 10, head_dim: 4 },
    refused: 'hidden_size',
  })),
];
