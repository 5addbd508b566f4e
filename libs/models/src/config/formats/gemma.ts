import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';

/**
 * Every Gemma was trained with GELU's tanh form; the first files called it `gelu`, which transformers reads as the
 * tanh form too.
 */
export const gemmaActivation = z.enum(['gelu_pytorch_tanh', 'gelu']).nullish();

/** The defaults of all Gemma families. */
export const GEMMA_DEFAULTS = {
  maxPositionEmbeddings: 8192,
  tieWordEmbeddings: true,
  bosTokenId: 2,
  eosTokenId: 1,
} as const;

/** Head width where a file names none. */
export const GEMMA_HEAD_DIM = 256;

const schema = z.looseObject({
  ...commonFields(GEMMA_DEFAULTS),
  attention_bias: z.literal(false).default(false),
  hidden_act: gemmaActivation,
  hidden_activation: gemmaActivation,
  use_bidirectional_attention: z.literal(false).nullish(),
});

/** GemmaConfig of transformers: Gemma 2B and 7B, CodeGemma. */
export const gemmaFormat = configFormat({
  modelType: 'gemma',
  className: 'Gemma',
  activation: 'gelu_pytorch_tanh',
  schema,
  read: (raw) => ({ ...readCommon(raw, { headDim: GEMMA_HEAD_DIM }), attentionBias: false, mlpBias: false }),
  write: () => ({ hidden_activation: 'gelu_pytorch_tanh', attention_bias: false }),
});
