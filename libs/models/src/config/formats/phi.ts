import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';
import { readRotaryDim, rotaryFactor, writeRotaryFactor } from '../rotary-factor.ts';

const schema = z.looseObject({
  ...commonFields({ maxPositionEmbeddings: 2048, tieWordEmbeddings: false, bosTokenId: 1, eosTokenId: 2 }),
  layer_norm_eps: z.number().positive().default(1e-5),
  partial_rotary_factor: rotaryFactor,
  qk_layernorm: z.literal(false).default(false),
  hidden_act: z.literal('gelu_new').default('gelu_new'),
});

/** PhiConfig of transformers: Phi-1, Phi-1.5 and Phi-2. */
export const phiFormat = configFormat({
  modelType: 'phi',
  className: 'Phi',
  activation: 'gelu_new',
  epsilonField: 'layer_norm_eps',
  schema,
  read(raw) {
    const common = readCommon(raw);
    return {
      ...common,
      ...readRotaryDim(raw, common.headDim, 0.5),
      rmsNormEps: raw.layer_norm_eps,
      attentionBias: true,
      mlpBias: true,
      lmHeadBias: true,
    };
  },
  write: (config) => ({ ...writeRotaryFactor(config), qk_layernorm: false }),
});
