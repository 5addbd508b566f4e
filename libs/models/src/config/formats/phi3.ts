import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat, invalidConfig } from '../config-format.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import { readUniformWindow, windowFields, writeWindow } from '../layer-windows.ts';
import { chosenScaling } from '../read-rope.ts';
import { readRotaryDim, rotaryFactor, writeRotaryFactor } from '../rotary-factor.ts';

/** transformers' default. */
const ORIGINAL_LENGTH = 4096;

const schema = z.looseObject({
  ...commonFields({
    maxPositionEmbeddings: 4096,
    tieWordEmbeddings: false,
    bosTokenId: 1,
    eosTokenId: 32_000,
  }),
  rms_norm_eps: z.number().positive().default(1e-5),
  ...windowFields,
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
    checkScaling(raw);
    const common = readCommon({
      ...raw,
      original_max_position_embeddings: raw.original_max_position_embeddings ?? ORIGINAL_LENGTH,
    });
    return {
      ...common,
      ...readRotaryDim(raw, common.headDim, 1),
      ...readUniformWindow(raw),
      attentionBias: false,
      mlpBias: false,
    };
  },
  write: (config) => ({
    ...writeRotaryFactor(config),
    ...writeOriginalLength(config),
    ...writeWindow(config),
  }),
});

/** transformers knows no other scaling in this family, and reads the original length beside it alone. */
function checkScaling(raw: z.output<typeof schema>): void {
  const scaling = chosenScaling(raw);
  if (scaling.rope_type === 'default') return;
  if (scaling.rope_type !== 'longrope') {
    throw invalidConfig('rope_scaling', `is ${scaling.rope_type}, Phi-3 has longrope or none`);
  }
  const within = scaling.original_max_position_embeddings ?? ORIGINAL_LENGTH;
  const beside = raw.original_max_position_embeddings ?? ORIGINAL_LENGTH;
  if (within !== beside && !raw.original_max_position_embeddings) {
    throw invalidConfig(
      'original_max_position_embeddings',
      `is missing, which means ${ORIGINAL_LENGTH}, while the scaling says ${within}; write it beside the scaling`,
    );
  }
}

function writeOriginalLength({ rope }: DecoderConfig): Record<string, unknown> {
  if (rope.kind !== 'longrope') return {};
  return { original_max_position_embeddings: rope.originalMaxPositionEmbeddings };
}
