import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat, invalidConfig } from '../config-format.ts';
import { readWindows } from '../layer-windows.ts';
import { longestSequence } from '../read-rope.ts';
import { ropeConfig, ropeFields, type RopeScaling, ropeScalingSchema } from '../rope-schema.ts';
import { GEMMA_DEFAULTS, GEMMA_HEAD_DIM } from './gemma.ts';
import { gemma2Fields, readGemma2Settings, writeGemma2Fields } from './gemma2.ts';

/** Bases of the layers that see everything, and of those with a window. */
const THETA = 1_000_000;
const LOCAL_THETA = 10_000;

/** transformers 5 keeps one RoPE for each type of layer; earlier releases name the base of the other one. */
const ropeByType = z
  .looseObject({
    full_attention: ropeScalingSchema.nullish(),
    sliding_attention: ropeScalingSchema.nullish(),
  })
  .refine((raw) => !('rope_type' in raw), 'must be one of each type of layer');

const schema = z.looseObject({
  ...commonFields({ ...GEMMA_DEFAULTS, maxPositionEmbeddings: 131_072 }),
  ...gemma2Fields,
  attn_logit_softcapping: z.null('must be null: Gemma 3 does not bound its scores').optional(),
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
    const { full_attention: full, sliding_attention: sliding } = readScalings(raw);
    const maxPositionEmbeddings = raw.max_position_embeddings;
    const rope = ropeConfig(full, {
      theta: full.rope_theta ?? raw.rope_theta ?? THETA,
      maxPositionEmbeddings,
    });
    const localTheta = sliding.rope_theta ?? raw.rope_local_base_freq;
    return {
      ...readCommon({ ...raw, rope_parameters: null, rope_scaling: null }, { headDim: GEMMA_HEAD_DIM }),
      ...readGemma2Settings(raw),
      ...readWindows(raw, (layer) => (layer + 1) % raw.sliding_window_pattern !== 0),
      maxPositionEmbeddings: longestSequence(rope, maxPositionEmbeddings),
      rope,
      localRope: ropeConfig(sliding, { theta: localTheta, maxPositionEmbeddings }),
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

interface Scalings {
  readonly full_attention: RopeScaling;
  readonly sliding_attention: RopeScaling;
}

const PLAIN: RopeScaling = { rope_type: 'default' };

/** `rope_scaling` of earlier releases is of the layers that see everything. */
function readScalings({ rope_parameters: byType, rope_scaling }: z.output<typeof schema>): Scalings {
  const scalings = {
    full_attention: rope_scaling ?? byType?.full_attention ?? PLAIN,
    sliding_attention: byType?.sliding_attention ?? PLAIN,
  };
  if (rope_scaling && byType?.full_attention) checkSame(rope_scaling, byType.full_attention);
  for (const [type, scaling] of Object.entries(scalings)) checkTruncation(type, scaling);
  return scalings;
}

/** transformers mixes the fields of both spellings. */
function checkSame(older: RopeScaling, newer: RopeScaling): void {
  if (JSON.stringify(sorted(older)) === JSON.stringify(sorted(newer))) return;
  throw invalidConfig(
    'rope_scaling',
    'differs from rope_parameters/full_attention; leave one of the two out',
  );
}

function sorted(scaling: RopeScaling): unknown {
  return Object.entries(scaling).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** transformers looks for this field beside the types, where it never stands. */
function checkTruncation(type: string, scaling: RopeScaling): void {
  if (scaling.rope_type !== 'yarn' || scaling.truncate !== false) return;
  throw invalidConfig(`rope_parameters/${type}/truncate`, 'must be true in this family');
}
