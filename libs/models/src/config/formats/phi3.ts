import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';
import { readWindows, windowFields, writeWindow } from '../layer-windows.ts';
import { readRotaryDim, rotaryFactor, writeRotaryFactor } from '../rotary-factor.ts';

const schema = z.looseObject({
  ...commonFields({
    maxPositionEmbeddings: 4096,
    tieWordEmbeddings: false,
    bosTokenId: 1,
    eosTokenId: 32_000,
  }),
  rms_norm_eps: z.number().positive().default(1e-5),
  sliding_window: windowFields.sliding_window,
  partial_rotary_factor: rotaryFactor,
  attention_bias: z.literal(false).default(false),
  hidden_act: z.literal('silu').default('silu'),
});

/** Phi3Config of transformers: Phi-3, 3.5 and Phi-4-mini. */
export const phi3Format = configFormat({
  modelType: 'phi3',
  className: 'Phi3',
  activation: 'silu',
  schema,
  read(raw) {
    const common = readCommon(raw);
    return {
      ...common,
      ...readRotaryDim(raw, common.headDim, 1),
      ...readWindows(raw, () => true),
      attentionBias: false,
      mlpBias: false,
    };
  },
  write: (config) => ({ ...writeRotaryFactor(config), ...writeWindow(config) }),
});
