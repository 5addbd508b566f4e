import { z } from 'zod';
import { invalidConfig } from './config-format.ts';
import type { RopeConfig } from './decoder-config.ts';

const ratio = z.number().positive();
const positions = z.int().positive();
/** Only Gemma 3 has a RoPE for each type of layer. */
const oneForAll = z.never('this family has one RoPE for all layers').optional();

/** The base, and the share of a head that is rotated where only a part of it is. */
const shared = {
  rope_theta: ratio.nullish(),
  partial_rotary_factor: ratio.max(1).nullish(),
  full_attention: oneForAll,
  sliding_attention: oneForAll,
};

const scaling = z.discriminatedUnion('rope_type', [
  z.looseObject({ rope_type: z.literal('default'), ...shared }),
  z.looseObject({ rope_type: z.literal('linear'), ...shared, factor: ratio }),
  z.looseObject({
    rope_type: z.literal('dynamic'),
    ...shared,
    factor: ratio,
    original_max_position_embeddings: positions.nullish(),
  }),
  z.looseObject({
    rope_type: z.literal('llama3'),
    ...shared,
    factor: ratio,
    low_freq_factor: ratio,
    high_freq_factor: ratio,
    original_max_position_embeddings: positions.nullish(),
  }),
  z.looseObject({
    rope_type: z.literal('yarn'),
    ...shared,
    factor: ratio,
    beta_fast: ratio.nullish(),
    beta_slow: ratio.nullish(),
    attention_factor: ratio.nullish(),
    mscale: z.number().nonnegative().nullish(),
    mscale_all_dim: z.number().nonnegative().nullish(),
    truncate: z.boolean().nullish(),
    original_max_position_embeddings: positions.nullish(),
  }),
  z.looseObject({
    rope_type: z.literal('longrope'),
    ...shared,
    factor: ratio.nullish(),
    short_factor: z.array(ratio),
    long_factor: z.array(ratio),
    attention_factor: ratio.nullish(),
    original_max_position_embeddings: positions.nullish(),
  }),
]);
type LongScaling = Extract<z.infer<typeof scaling>, { rope_type: 'longrope' }>;
type YarnScaling = Extract<z.infer<typeof scaling>, { rope_type: 'yarn' }>;

/**
 * `rope_parameters` (transformers 5) or `rope_scaling` (earlier; there the kind may be spelt `type`, and no kind at
 * all is the default one).
 */
export const ropeScalingSchema = z.preprocess(withRopeType, scaling);

/** A field of a file that may hold a scaling; an empty one is none. */
export const ropeField = z.preprocess(
  (value) => (isEmpty(value) ? null : value),
  ropeScalingSchema.nullish(),
);
export type RopeScaling = z.infer<typeof scaling>;

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function withRopeType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const kind = fields['rope_type'] ?? fields['type'] ?? 'default';
  // Phi-3's first files call it so.
  return { ...fields, rope_type: kind === 'su' ? 'longrope' : kind };
}

/** What a scaling is read with. */
export interface RopeContext {
  readonly theta: number;
  /** Stands in where a scaling names no original length. */
  readonly maxPositionEmbeddings: number;
  /** That of the file beside the scaling, where Phi-3 has it; comes before the scaling's own. */
  readonly originalMaxPositionEmbeddings?: number | undefined;
}

/**
 * The normalised form of a parsed scaling.
 * @throws SipfError failed-precondition MODEL_CONFIG_INVALID for a dynamic one whose two original lengths differ
 */
export function ropeConfig(raw: RopeScaling, context: RopeContext): RopeConfig {
  const { theta, maxPositionEmbeddings, originalMaxPositionEmbeddings: beside } = context;
  switch (raw.rope_type) {
    case 'default':
      return { kind: 'default', theta };
    case 'linear':
      return { kind: 'linear', theta, factor: raw.factor };
    case 'dynamic':
      return dynamicRope(raw, context);
    case 'llama3':
      return {
        kind: 'llama3',
        theta,
        factor: raw.factor,
        lowFreqFactor: raw.low_freq_factor,
        highFreqFactor: raw.high_freq_factor,
        originalMaxPositionEmbeddings:
          beside ?? raw.original_max_position_embeddings ?? maxPositionEmbeddings,
      };
    case 'yarn':
      return {
        kind: 'yarn',
        theta,
        factor: raw.factor,
        betaFast: raw.beta_fast ?? 32,
        betaSlow: raw.beta_slow ?? 1,
        attentionFactor: raw.attention_factor ?? yarnAttentionFactor(raw),
        truncate: raw.truncate === undefined || raw.truncate === true,
        originalMaxPositionEmbeddings:
          beside ?? raw.original_max_position_embeddings ?? maxPositionEmbeddings,
      };
    case 'longrope':
      return longRope(raw, context);
  }
}

/** transformers counts from `max_position_embeddings` alone, others from the scaling's own length: they must agree. */
function dynamicRope(
  { factor, original_max_position_embeddings: own }: Extract<RopeScaling, { rope_type: 'dynamic' }>,
  { theta, maxPositionEmbeddings }: RopeContext,
): RopeConfig {
  if ((own ?? maxPositionEmbeddings) !== maxPositionEmbeddings) {
    const description =
      `is ${own}, max_position_embeddings is ${maxPositionEmbeddings}; ` +
      'a dynamic scaling grows from the latter, so leave this one out';
    throw invalidConfig('rope_parameters/original_max_position_embeddings', description);
  }
  return { kind: 'dynamic', theta, factor, originalMaxPositionEmbeddings: maxPositionEmbeddings };
}

/** LongRoPE (Ding et al. 2024) as Phi-3 has it; the attention factor is sqrt(1 + ln(growth) / ln(original length)). */
function longRope(
  raw: LongScaling,
  { theta, maxPositionEmbeddings, originalMaxPositionEmbeddings }: RopeContext,
): RopeConfig {
  const original =
    originalMaxPositionEmbeddings ?? raw.original_max_position_embeddings ?? maxPositionEmbeddings;
  const growth = raw.factor ?? maxPositionEmbeddings / original;
  const usual = growth <= 1 ? 1 : Math.sqrt(1 + Math.log(growth) / Math.log(original));
  return {
    ...{ kind: 'longrope', theta, shortFactors: raw.short_factor, longFactors: raw.long_factor },
    attentionFactor: raw.attention_factor ?? usual,
    originalMaxPositionEmbeddings: original,
  };
}

/** 1 + 0.1 ln(factor) (Peng et al. 2023, Eq. 22), or the ratio of two such with their own weights (DeepSeek). */
function yarnAttentionFactor({ factor, mscale, mscale_all_dim: allDim }: YarnScaling): number {
  const grown = (weight: number) => (factor <= 1 ? 1 : 1 + 0.1 * weight * Math.log(factor));
  const both = Boolean(mscale) && Boolean(allDim);
  return both ? grown(mscale ?? 1) / grown(allDim ?? 1) : grown(1);
}

/** The fields of `rope_parameters`, without `rope_theta`. */
export function ropeFields(rope: RopeConfig): Record<string, string | number | boolean | readonly number[]> {
  switch (rope.kind) {
    case 'default':
      return { rope_type: 'default' };
    case 'linear':
      return { rope_type: 'linear', factor: rope.factor };
    case 'dynamic':
      return { rope_type: 'dynamic', factor: rope.factor };
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: rope.factor,
        low_freq_factor: rope.lowFreqFactor,
        high_freq_factor: rope.highFreqFactor,
        original_max_position_embeddings: rope.originalMaxPositionEmbeddings,
      };
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: rope.factor,
        beta_fast: rope.betaFast,
        beta_slow: rope.betaSlow,
        attention_factor: rope.attentionFactor,
        truncate: rope.truncate,
        original_max_position_embeddings: rope.originalMaxPositionEmbeddings,
      };
    case 'longrope':
      return {
        rope_type: 'longrope',
        short_factor: rope.shortFactors,
        long_factor: rope.longFactors,
        attention_factor: rope.attentionFactor,
        original_max_position_embeddings: rope.originalMaxPositionEmbeddings,
      };
  }
}
