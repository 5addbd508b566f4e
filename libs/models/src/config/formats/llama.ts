import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';

const schema = z.looseObject({
  ...commonFields({ maxPositionEmbeddings: 2048, tieWordEmbeddings: false, bosTokenId: 1, eosTokenId: 2 }),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  hidden_act: z.literal('silu').default('silu'),
});

/** LlamaConfig of transformers: Llama 1 to 3, TinyLlama, SmolLM 1 and 2, deepseek-coder and deepseek-math. */
export const llamaFormat = configFormat({
  modelType: 'llama',
  className: 'Llama',
  activation: 'silu',
  schema,
  read: (raw) => ({ ...readCommon(raw), attentionBias: raw.attention_bias, mlpBias: raw.mlp_bias }),
  write: (config) => ({ attention_bias: config.attentionBias, mlp_bias: config.mlpBias }),
});
