import { describe, expect, it } from 'vitest';
import { EVERY_FAMILY, tinyFamily, tinyFamilyFields } from '../../families/testing/index.ts';
import type { DecoderConfig, ModelType } from '../decoder-config.ts';
import { parseDecoderConfig } from '../parse-decoder-config.ts';
import { toHuggingFaceConfig } from '../to-hugging-face-config.ts';

/** Sizes that stand in every published config.json. */
const SIZES = {
  hidden_size: 64,
  intermediate_size: 96,
  num_attention_heads: 4,
  num_hidden_layers: 4,
  vocab_size: 40_000,
};

/** What published files of each family say beside their sizes, and what that means. */
const PUBLISHED: readonly (readonly [string, ModelType, object, Partial<DecoderConfig>])[] = [
  [
    'Gemma 2B, whose first file called its activation gelu',
    'gemma',
    { hidden_act: 'gelu', hidden_activation: null, num_key_value_heads: 1, head_dim: 32, rope_theta: 10000 },
    { headDim: 32, numKeyValueHeads: 1, tieWordEmbeddings: true, bosTokenId: 2, eosTokenIds: [1] },
  ],
  [
    'Phi-1.5',
    'phi',
    { layer_norm_eps: 1e-5, partial_rotary_factor: 0.5, qk_layernorm: false, num_key_value_heads: null },
    { rmsNormEps: 1e-5, rotaryDim: 8, headDim: 16, numKeyValueHeads: 4, lmHeadBias: true },
  ],
  [
    'Mistral 7B v0.1',
    'mistral',
    { sliding_window: 4096, num_key_value_heads: 2, max_position_embeddings: 32768 },
    { layerWindows: [4096, 4096, 4096, 4096], attentionBias: false },
  ],
  [
    'Qwen 2.5, its window switched off',
    'qwen2',
    {
      use_sliding_window: false,
      sliding_window: 32768,
      max_window_layers: 2,
      rope_theta: 1e6,
      bos_token_id: 7,
    },
    { attentionBias: true, rope: { kind: 'default', theta: 1e6 }, bosTokenId: 7, eosTokenIds: [] },
  ],
  [
    'Qwen 2, its window switched on for the upper layers',
    'qwen2',
    { use_sliding_window: true, sliding_window: 512, max_window_layers: 2 },
    { layerWindows: [null, null, 512, 512] },
  ],
  [
    'Qwen 3, whose heads are wider than D / H',
    'qwen3',
    { head_dim: 128, attention_bias: false, use_sliding_window: false, tie_word_embeddings: true },
    { headDim: 128, tieWordEmbeddings: true, attentionBias: false },
  ],
  [
    'Gemma 2 2B',
    'gemma2',
    {
      head_dim: 32,
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: 32,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
    },
    {
      layerWindows: [4096, null, 4096, null],
      queryPreAttnScalar: 32,
      attnLogitSoftcapping: 50,
      finalLogitSoftcapping: 30,
    },
  ],
  [
    'Gemma 3 1B as its first file spells it',
    'gemma3_text',
    {
      sliding_window: 512,
      sliding_window_pattern: 3,
      rope_local_base_freq: 10_000,
      rope_theta: 1_000_000,
      attn_logit_softcapping: null,
      eos_token_id: [1, 106],
    },
    {
      layerWindows: [512, 512, null, 512],
      rope: { kind: 'default', theta: 1e6 },
      localRope: { kind: 'default', theta: 1e4 },
      eosTokenIds: [1, 106],
    },
  ],
  [
    'Gemma 3 as transformers 5 spells it',
    'gemma3_text',
    {
      sliding_window: 512,
      layer_types: ['full_attention', 'sliding_attention', 'sliding_attention', 'full_attention'],
      rope_parameters: {
        full_attention: { rope_type: 'linear', rope_theta: 1e6, factor: 8 },
        sliding_attention: { rope_type: 'default', rope_theta: 2e4 },
      },
    },
    {
      layerWindows: [null, 512, 512, null],
      rope: { kind: 'linear', theta: 1e6, factor: 8 },
      localRope: { kind: 'default', theta: 2e4 },
    },
  ],
  [
    'Phi-3 mini with 4k of context',
    'phi3',
    { sliding_window: 2047, rope_scaling: null, attention_bias: false, pad_token_id: 32000 },
    { layerWindows: [2047, 2047, 2047, 2047], eosTokenIds: [32000], padTokenId: 32000, rmsNormEps: 1e-5 },
  ],
  [
    'SmolLM 2, which is a Llama',
    'llama',
    { rope_theta: 100_000, tie_word_embeddings: true, rope_interleaved: false, is_llama_config: true },
    { rope: { kind: 'default', theta: 100_000 }, tieWordEmbeddings: true },
  ],
  [
    'SmolLM 3',
    'smollm3',
    { no_rope_layers: [1, 1, 0, 1], use_sliding_window: false, bos_token_id: null, eos_token_id: 12 },
    { nopeLayers: [2], rope: { kind: 'default', theta: 2e6 }, bosTokenId: null },
  ],
];

describe('the configuration of', () => {
  it.each(PUBLISHED)('%s is understood', (_, modelType, fields, wanted) => {
    expect(parseDecoderConfig({ ...SIZES, model_type: modelType, ...fields })).toMatchObject(wanted);
  });

  it.each(EVERY_FAMILY)('%s is written so that it is read back the same', (modelType) => {
    const heads = ['lm', { kind: 'token-classification', numLabels: 2, features: 'hidden' }] as const;
    for (const head of heads) {
      const config = tinyFamily(modelType, head);
      const written = toHuggingFaceConfig(config, 'float32');
      expect(parseDecoderConfig(JSON.parse(JSON.stringify(written)))).toEqual(config);
      expect(written['architectures']).toEqual([
        expect.stringMatching(head === 'lm' ? /ForCausalLM$/ : /ForTokenClassification$/),
      ]);
    }
  });

  it.each([
    ['phi', { qk_layernorm: true }, 'qk_layernorm'],
    ['phi', { partial_rotary_factor: 0.75 }, 'partial_rotary_factor'],
    ['phi', { hidden_act: 'gelu' }, 'hidden_act'],
    ['gemma', { attention_bias: true }, 'attention_bias'],
    ['gemma2', { layer_types: ['full_attention'] }, 'layer_types'],
    ['gemma2', { use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    ['gemma3_text', { sliding_window: null }, 'sliding_window'],
    ['gemma3_text', { attn_logit_softcapping: 50 }, 'attn_logit_softcapping'],
    ['llama', { hidden_size: 10 }, 'hidden_size'],
    ['mistral', { sliding_window: 0 }, 'sliding_window'],
    [
      'qwen2',
      { rope_scaling: { type: 'linear', factor: 2, partial_rotary_factor: 0.5 } },
      'rope_scaling/partial_rotary_factor',
    ],
    ['qwen2', { layer_types: ['full_attention', 'linear_attention'] }, 'layer_types/1'],
    ['phi3', { rope_scaling: { type: 'longrope', short_factor: [1] } }, 'rope_scaling/long_factor'],
    [
      'phi3',
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1, 2] } },
      'rope_parameters',
    ],
    ['smollm3', { no_rope_layers: [1] }, 'no_rope_layers'],
  ] as const)('%s is refused with %j, the field named', (modelType, fields, field) => {
    expect(() => parseDecoderConfig({ ...tinyFamilyFields(modelType), ...fields })).toThrow(
      expect.objectContaining({
        reason: 'MODEL_CONFIG_INVALID',
        violations: [expect.objectContaining({ field: `config.json/${field}` })],
      }),
    );
  });
});
