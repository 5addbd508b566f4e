import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';
import { readSwitchedWindows, switchedWindowFields, writeSwitchedWindows } from '../layer-windows.ts';
import { QWEN_DEFAULTS } from './qwen2.ts';

const schema = z.looseObject({
  ...commonFields(QWEN_DEFAULTS),
  ...switchedWindowFields,
  sliding_window: switchedWindowFields.sliding_window.default(4096),
  attention_bias: z.boolean().default(false),
  hidden_act: z.literal('silu').default('silu'),
});

/** Qwen3Config of transformers: the dense Qwen 3. */
export const qwen3Format = configFormat({
  modelType: 'qwen3',
  className: 'Qwen3',
  activation: 'silu',
  schema,
  read: (raw) => ({
    ...readCommon(raw, { headDim: 128 }),
    ...readSwitchedWindows(raw, (layer) => layer >= raw.max_window_layers),
    attentionBias: raw.attention_bias,
    mlpBias: false,
  }),
  write: (config) => ({ attention_bias: config.attentionBias, ...writeSwitchedWindows(config) }),
});
