import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';
import { readSwitchedWindows, switchedWindowFields, writeSwitchedWindows } from '../layer-windows.ts';

/** The defaults of both Qwen families. */
export const QWEN_DEFAULTS = {
  maxPositionEmbeddings: 32_768,
  tieWordEmbeddings: false,
  bosTokenId: null,
  eosTokenId: null,
} as const;

const schema = z.looseObject({
  ...commonFields(QWEN_DEFAULTS),
  ...switchedWindowFields,
  sliding_window: switchedWindowFields.sliding_window.default(4096),
  hidden_act: z.literal('silu').default('silu'),
});

/** Qwen2Config of transformers: Qwen 1.5 (dense), 2 and 2.5. */
export const qwen2Format = configFormat({
  modelType: 'qwen2',
  className: 'Qwen2',
  activation: 'silu',
  schema,
  read: (raw) => ({
    ...readCommon(raw),
    ...readSwitchedWindows(raw, (layer) => layer >= raw.max_window_layers),
    attentionBias: true,
    mlpBias: false,
  }),
  write: writeSwitchedWindows,
});
