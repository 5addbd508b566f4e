import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';
import { readUniformWindow, windowFields, writeWindow } from '../layer-windows.ts';

const schema = z.looseObject({
  ...commonFields({
    maxPositionEmbeddings: 4096 * 32,
    tieWordEmbeddings: false,
    bosTokenId: 1,
    eosTokenId: 2,
  }),
  // A file without the field has the window of the first release; null is none.
  ...windowFields,
  sliding_window: windowFields.sliding_window.default(4096),
  hidden_act: z.literal('silu').default('silu'),
});

/** MistralConfig of transformers: Mistral 7B and its kin. */
export const mistralFormat = configFormat({
  modelType: 'mistral',
  className: 'Mistral',
  activation: 'silu',
  schema,
  read: (raw) => ({
    ...readCommon(raw),
    ...readUniformWindow(raw),
    attentionBias: false,
    mlpBias: false,
  }),
  write: writeWindow,
});
