import { z } from 'zod';
import { commonFields, readCommon, size } from '../common-fields.ts';
import { configFormat } from '../config-format.ts';
import { readWindows } from '../layer-windows.ts';
import { ropeConfig, ropeFields, ropeScalingSchema } from '../rope-schema.ts';
import { GEMMA_DEFAULTS, GEMMA_HEAD_DIM } from './gemma.ts';
import { gemma2Fields, readGemma2Settings, writeGemma2Fields } from './gemma2.ts';

/** Bases of the layers that see everything, and of those with a window. */
const THETA = 1_000_000;
const LOCAL_THETA = 10_000;

/** transformers 5 keeps one RoPE for each type of layer; earlier releases name the base of the other one. */
const ropeByType = z.looseObject({ full_attention: ropeScalingSchema, sliding_attention: ropeScalingSchema });

const schema = z.looseObject({
  ...commonFields({ ...GEMMA_DEFAULTS, maxPositionEmbeddings: 131_072 }),
  ...gemma2Fields,
  sliding_window: size(1 << 30).default(4096),
  rope_parameters: ropeByType.nullish(),
  rope_local_base_freq: z.number().positive().default(LOCAL_THETA),
  sliding_window_pattern: z.int().min(1).default(6),
});

/** Gemma3TextConfig of transformers: Gemma 3 270M and 1B, and the language model of the larger ones on its own. */
export const gemma3Format = configFormat({
  modelType: 'gemma3_text',
  className: 'Gemma3',
  activation: 'gelu_pytorch_tanh',
  schema,
  read(raw) {
    const { full_attention: full, sliding_attention: sliding } = raw.rope_parameters ?? {};
    const maxPositionEmbeddings = raw.max_position_embeddings;
    const local = sliding ?? { rope_type: 'default' as const, rope_theta: raw.rope_local_base_freq };
    return {
      ...readCommon({ ...raw, rope_parameters: full }, { headDim: GEMMA_HEAD_DIM, theta: THETA }),
      ...readGemma2Settings(raw),
      ...readWindows(raw, (layer) => (layer + 1) % raw.sliding_window_pattern !== 0),
      localRope: ropeConfig(local, { theta: local.rope_theta ?? LOCAL_THETA, maxPositionEmbeddings }),
    };
  },
  write(config) {
    const { rope, localRope = rope } = config;
    return {
      ...writeGemma2Fields(config),
      rope_parameters: {
        full_attention: { ...ropeFields(rope), rope_theta: rope.theta },
        sliding_attention: { ...ropeFields(localRope), rope_theta: localRope.theta },
      },
      rope_local_base_freq: localRope.theta,
    };
  },
});
