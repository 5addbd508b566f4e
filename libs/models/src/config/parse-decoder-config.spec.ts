import { describe, expect, it } from 'vitest';
import { EVERY_FAMILY, tinyFamilyFields } from '../families/testing/index.ts';
import { configJson } from './config-json.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { parseDecoderConfig } from './parse-decoder-config.ts';
import { toHuggingFaceConfig } from './to-hugging-face-config.ts';

const RAW = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 176,
  vocab_size: 320,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 256,
};

const LLAMA3 = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

describe('parseDecoderConfig', () => {
  it('fills what a Llama config.json may leave out with transformers’ defaults', () => {
    expect(parseDecoderConfig(RAW)).toEqual({
      modelType: 'llama',
      hiddenSize: 64,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
      headDim: 16,
      intermediateSize: 176,
      vocabSize: 320,
      rmsNormEps: 1e-6,
      tieWordEmbeddings: false,
      maxPositionEmbeddings: 256,
      rope: { kind: 'default', theta: 10_000 },
      attentionBias: false,
      mlpBias: false,
      bosTokenId: 1,
      eosTokenIds: [2],
      padTokenId: null,
      head: 'lm',
    } satisfies DecoderConfig);
  });

  it.each([
    ['default', {}, { kind: 'default', theta: 5000 }],
    ['linear', { factor: 4 }, { kind: 'linear', theta: 5000, factor: 4 }],
    [
      'dynamic',
      { factor: 2 },
      { kind: 'dynamic', theta: 5000, factor: 2, originalMaxPositionEmbeddings: 256 },
    ],
    [
      'llama3',
      LLAMA3,
      {
        kind: 'llama3',
        theta: 5000,
        factor: 8,
        lowFreqFactor: 1,
        highFreqFactor: 4,
        originalMaxPositionEmbeddings: 64,
      },
    ],
  ])('reads %s rotary embedding in all three spellings', (kind, fields, rope) => {
    const spellings = [
      { rope_parameters: { rope_type: kind, rope_theta: 5000, ...fields } },
      { rope_theta: 5000, rope_scaling: { rope_type: kind, ...fields } },
      { rope_theta: 5000, rope_scaling: { type: kind, ...fields } },
    ];
    for (const spelling of spellings) expect(parseDecoderConfig({ ...RAW, ...spelling }).rope).toEqual(rope);
  });

  it('reads several end-of-text ids, absent ids and the old -1 for no padding', () => {
    const config = parseDecoderConfig({ ...RAW, eos_token_id: [2, 7], bos_token_id: null, pad_token_id: -1 });
    expect(config).toMatchObject({ eosTokenIds: [2, 7], bosTokenId: null, padTokenId: null });
    expect(parseDecoderConfig({ ...RAW, eos_token_id: null }).eosTokenIds).toEqual([]);
  });

  it.each([
    [{}, { numLabels: 2, features: 'hidden' }],
    [{ num_labels: 1 }, { numLabels: 1, features: 'hidden' }],
    [{ id2label: { 0: 'a', 1: 'b', 2: 'c' } }, { numLabels: 3, features: 'hidden' }],
    [{ sipf_verifier_features: 'hidden+confidence' }, { numLabels: 2, features: 'hidden+confidence' }],
  ])('reads a token-classification head from %j', (fields, head) => {
    const raw = { ...RAW, architectures: ['LlamaForTokenClassification'], ...fields };
    expect(parseDecoderConfig(raw).head).toEqual({ kind: 'token-classification', ...head });
  });

  it.each([
    [{ model_type: 'mamba' }, 'UNKNOWN_MODEL_TYPE', 'config.json/model_type'],
    [{ model_type: undefined }, 'MODEL_CONFIG_INVALID', 'config.json/model_type'],
    [
      { architectures: ['LlamaForQuestionAnswering'] },
      'UNSUPPORTED_ARCHITECTURE',
      'config.json/architectures/0',
    ],
    [{ hidden_size: '64' }, 'MODEL_CONFIG_INVALID', 'config.json/hidden_size'],
    [{ hidden_size: 66 }, 'MODEL_CONFIG_INVALID', 'config.json/hidden_size'],
    [{ num_hidden_layers: 1e9 }, 'MODEL_CONFIG_INVALID', 'config.json/num_hidden_layers'],
    [{ num_key_value_heads: 3 }, 'MODEL_CONFIG_INVALID', 'config.json/num_key_value_heads'],
    [{ head_dim: 15 }, 'MODEL_CONFIG_INVALID', 'config.json/head_dim'],
    [{ vocab_size: 0 }, 'MODEL_CONFIG_INVALID', 'config.json/vocab_size'],
    [{ rms_norm_eps: -1 }, 'MODEL_CONFIG_INVALID', 'config.json/rms_norm_eps'],
    [{ hidden_act: 'gelu' }, 'MODEL_CONFIG_INVALID', 'config.json/hidden_act'],
    [{ tie_word_embeddings: 'yes' }, 'MODEL_CONFIG_INVALID', 'config.json/tie_word_embeddings'],
    [{ eos_token_id: 320 }, 'MODEL_CONFIG_INVALID', 'config.json/eos_token_id'],
    [
      { rope_scaling: { type: 'proportional', factor: 2 } },
      'MODEL_CONFIG_INVALID',
      'config.json/rope_scaling/rope_type',
    ],
    [
      { rope_parameters: { rope_type: 'linear', factor: 0 } },
      'MODEL_CONFIG_INVALID',
      'config.json/rope_parameters/factor',
    ],
    [
      { rope_parameters: { rope_type: 'default', rope_theta: -1 } },
      'MODEL_CONFIG_INVALID',
      'config.json/rope_parameters/rope_theta',
    ],
    [{ quantization_config: { bits: 4 } }, 'MODEL_CONFIG_INVALID', 'config.json/quantization_config'],
    [
      { rope_scaling: { type: 'dynamic', factor: 2, original_max_position_embeddings: 128 } },
      'MODEL_CONFIG_INVALID',
      'config.json/rope_parameters/original_max_position_embeddings',
    ],
    [
      { rope_scaling: { type: 'dynamic', factor: 2 }, head_dim: 2 },
      'MODEL_CONFIG_INVALID',
      'config.json/head_dim',
    ],
    [
      { rope_parameters: { full_attention: { rope_type: 'default' } } },
      'MODEL_CONFIG_INVALID',
      'config.json/rope_parameters/full_attention',
    ],
  ])('refuses %j with the field named', (fields, reason, field) => {
    expect(() => parseDecoderConfig({ ...RAW, ...fields })).toThrow(
      expect.objectContaining({
        kind: 'failed-precondition',
        reason,
        violations: [expect.objectContaining({ field })],
      }),
    );
  });

  it.each([
    ['is_causal', false, true],
    ['use_bidirectional_attention', true, false],
    ['sliding_window', 4096, null],
    ['layer_types', ['full_attention', 'sliding_attention'], ['full_attention', 'full_attention']],
    ['attention_chunk_size', 64, null],
    ['no_rope_layers', [1, 0], [1, 1]],
    ['rope_interleaved', true, false],
    ['partial_rotary_factor', 0.5, 1],
    ['logit_scale', 0.0625, 1],
    ['logits_scaling', 8, 1],
    ['residual_multiplier', 0.22, 1],
    ['embedding_multiplier', 12, 1],
    ['attention_multiplier', 0.0156, null],
    ['attn_logit_softcapping', 50, null],
    ['final_logit_softcapping', 30, null],
    ['query_pre_attn_scalar', 256, null],
    ['qk_layernorm', true, false],
    ['use_qk_norm', true, false],
    ['token_classification_bias', false, true],
    ['num_local_experts', 8, 0],
    ['per_layer_config', { 0: {} }, null],
    ['transformers_weights', 'other.safetensors', 'model.safetensors'],
  ])('refuses %s where it says %j, which a Llama does not compute, and takes %j', (field, wrong, neutral) => {
    expect(() => parseDecoderConfig({ ...RAW, [field]: wrong })).toThrow(
      expect.objectContaining({
        reason: 'MODEL_CONFIG_INVALID',
        violations: [expect.objectContaining({ field: `config.json/${field}` })],
      }),
    );
    expect(parseDecoderConfig({ ...RAW, [field]: neutral })).toEqual(parseDecoderConfig(RAW));
  });

  it('takes a window that is switched off', () => {
    const config = parseDecoderConfig({ ...RAW, sliding_window: 4096, use_sliding_window: false });
    expect(config).toEqual(parseDecoderConfig(RAW));
  });

  it('takes the older spelling of RoPE where a file has both, as transformers 5 does', () => {
    const both = {
      rope_theta: 500,
      rope_scaling: { type: 'linear', factor: 2 },
      rope_parameters: { rope_type: 'linear', factor: 4, rope_theta: 300 },
    };
    expect(parseDecoderConfig({ ...RAW, ...both }).rope).toEqual({ kind: 'linear', theta: 500, factor: 2 });
    const { rope } = parseDecoderConfig({ ...RAW, ...both, rope_scaling: {} });
    expect(rope).toEqual({ kind: 'linear', theta: 300, factor: 4 });
  });

  it.each([
    [{ type: 'dynamic', factor: 4 }, 1024],
    [{ type: 'dynamic', factor: 0.5 }, 256],
    [{ type: 'yarn', factor: 4, original_max_position_embeddings: 128 }, 512],
    [{ type: 'yarn', factor: 4, original_max_position_embeddings: 32 }, 256],
    [{ type: 'linear', factor: 4 }, 256],
  ])('takes sequences as long as %j stretches them: %i tokens', (rope_scaling, longest) => {
    const config = parseDecoderConfig({ ...RAW, rope_scaling });
    expect(config.maxPositionEmbeddings).toBe(longest);
    expect(parseDecoderConfig(toHuggingFaceConfig(config, 'float32'))).toEqual(config);
  });

  it('counts the labels that id2label names, whatever num_labels says', () => {
    const raw = { ...RAW, architectures: ['LlamaForTokenClassification'], num_labels: 3 };
    expect(parseDecoderConfig({ ...raw, id2label: { 0: 'wrong', 1: 'right' } }).head).toMatchObject({
      numLabels: 2,
    });
  });

  it('names every wrong field at once', () => {
    const parse = () => parseDecoderConfig({ ...RAW, hidden_size: -1, vocab_size: 'many' });
    expect(parse).toThrow(/hidden_size.*vocab_size/);
  });

  it.each([null, [], 'llama', 7])('refuses %j as a whole', (value) => {
    expect(() => parseDecoderConfig(value)).toThrow(
      expect.objectContaining({ reason: 'MODEL_CONFIG_INVALID' }),
    );
  });
});

describe('configJson', () => {
  it('writes every real number with a point, and integers without', () => {
    const fields = {
      vocab_size: 11,
      rms_norm_eps: 1e-6,
      final_logit_softcapping: 30,
      attn_logit_softcapping: null,
      rope_parameters: { rope_theta: 1e4, short_factor: [1, 1.5], original_max_position_embeddings: 8 },
    };
    const text = configJson(fields);
    expect(JSON.parse(text)).toEqual(fields);
    expect(text.replaceAll(/\s/g, '')).toBe(
      '{"vocab_size":11,"rms_norm_eps":0.000001,"final_logit_softcapping":30.0,"attn_logit_softcapping":null,' +
        '"rope_parameters":{"rope_theta":10000.0,"short_factor":[1.0,1.5],"original_max_position_embeddings":8}}',
    );
  });

  it.each(EVERY_FAMILY)(
    'leaves no field of %s that transformers wants as a float an integer',
    (modelType) => {
      const caps = modelType === 'gemma2' ? { final_logit_softcapping: 30, attn_logit_softcapping: 50 } : {};
      const config = parseDecoderConfig({ ...tinyFamilyFields(modelType), ...caps });
      const text = configJson(toHuggingFaceConfig(config, 'float32'));
      const reals = [
        ...text.matchAll(/"(?:\w*_theta|\w*_eps|\w*softcapping|\w*factor|\w*_freq)": (?!null)(.*?),?\n/g),
      ];
      expect(reals.length).toBeGreaterThan(2);
      expect(reals.map(([, number]) => number)).toEqual(
        reals.map(() => expect.stringMatching(/[.e]/) as string),
      );
    },
  );
});

describe('toHuggingFaceConfig', () => {
  it.each([
    {},
    { rope_theta: 500, tie_word_embeddings: true, pad_token_id: 0, eos_token_id: [2, 3] },
    { rope_scaling: { rope_type: 'llama3', ...LLAMA3 }, attention_bias: true, bos_token_id: null },
    { rope_parameters: { rope_type: 'dynamic', factor: 2 }, eos_token_id: null, head_dim: 32 },
    { architectures: ['LlamaForTokenClassification'], num_labels: 1 },
    { architectures: ['LlamaForTokenClassification'], sipf_verifier_features: 'hidden+confidence' },
    { architectures: ['LlamaForProcessRewardModel'] },
    { model_type: 'phi', head_dim: 98, partial_rotary_factor: 2.5 / 98 },
  ])('is read back as the same configuration: %j', (fields) => {
    const config = parseDecoderConfig({ ...RAW, ...fields });
    expect(parseDecoderConfig(toHuggingFaceConfig(config, 'float32'))).toEqual(config);
  });

  it.each([
    [
      { kind: 'token-classification', numLabels: 2, features: 'hidden' },
      'LlamaForTokenClassification',
      'llama',
    ],
    [
      { kind: 'token-classification', numLabels: 2, features: 'hidden+confidence' },
      'SipfLlamaForProcessReward',
      'sipf_llama',
    ],
    [{ kind: 'mlp-score', numLabels: 2, features: 'hidden' }, 'LlamaForProcessRewardModel', 'sipf_llama'],
    ['lm', 'LlamaForCausalLM', 'llama'],
  ] as const)(
    'names %j as transformers does, or as nothing of it is named',
    (head, architecture, modelType) => {
      const written = toHuggingFaceConfig({ ...parseDecoderConfig(RAW), head }, 'float32');
      expect(written).toMatchObject({ architectures: [architecture], model_type: modelType });
      expect(parseDecoderConfig(written).head).toEqual(head);
    },
  );
});
