import { z } from 'zod';
import { commonFields, readCommon, size } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import { readWindows, windowFields, writeWindows } from '../layer-windows.ts';
import { GEMMA_DEFAULTS, GEMMA_HEAD_DIM, gemmaActivation } from './gemma.ts';

const cap = z.number().positive().nullish();

/** The fields of Gemma 2 and 3. */
export const gemma2Fields = {
  attention_bias: z.boolean().default(false),
  // Not read by transformers, which takes the field after it at its word here.
  hidden_act: gemmaActivation,
  hidden_activation: z.literal('gelu_pytorch_tanh').nullish(),
  use_bidirectional_attention: z.literal(false).nullish(),
  ...windowFields,
  sliding_window: size(1 << 30).default(4096),
  query_pre_attn_scalar: z.number().positive().default(256),
  attn_logit_softcapping: cap,
  final_logit_softcapping: cap,
};

const schema = z.looseObject({
  ...commonFields(GEMMA_DEFAULTS),
  ...gemma2Fields,
  attn_logit_softcapping: cap.default(50),
  final_logit_softcapping: cap.default(30),
});

type Fields = z.output<z.ZodObject<typeof gemma2Fields>>;

/** The settings that {@link gemma2Fields} spell, but for the windows. */
export function readGemma2Settings(raw: Fields) {
  return {
    attentionBias: raw.attention_bias,
    mlpBias: false,
    queryPreAttnScalar: raw.query_pre_attn_scalar,
    ...(raw.attn_logit_softcapping ? { attnLogitSoftcapping: raw.attn_logit_softcapping } : {}),
    ...(raw.final_logit_softcapping ? { finalLogitSoftcapping: raw.final_logit_softcapping } : {}),
  };
}

/** {@link gemma2Fields} of a configuration. */
export function writeGemma2Fields(config: DecoderConfig): Record<string, unknown> {
  return {
    hidden_activation: 'gelu_pytorch_tanh',
    attention_bias: config.attentionBias,
    query_pre_attn_scalar: config.queryPreAttnScalar ?? config.headDim,
    attn_logit_softcapping: config.attnLogitSoftcapping ?? null,
    final_logit_softcapping: config.finalLogitSoftcapping ?? null,
    ...writeWindows(config),
  };
}

/** Gemma2Config of transformers: every other layer slides, the first one among them. */
export const gemma2Format = configFormat({
  modelType: 'gemma2',
  className: 'Gemma2',
  activation: 'gelu_pytorch_tanh',
  schema,
  read: (raw) => ({
    ...readCommon(raw, { headDim: GEMMA_HEAD_DIM }),
    ...readGemma2Settings(raw),
    ...readWindows(raw, (layer) => layer % 2 === 0),
  }),
  write: writeGemma2Fields,
});
