import { z } from 'zod';
import type { RopeConfig } from './decoder-config.ts';

const ratio = z.number().positive();
const positions = z.int().positive();
/** The base, and the share of a head that is rotated where only a part of it is. */
const shared = { rope_theta: ratio.nullish(), partial_rotary_factor: ratio.max(1).nullish() };

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
    original_max_position_embeddings: positions,
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
]);
type YarnScaling = Extract<z.infer<typeof scaling>, { rope_type: 'yarn' }>;

/**
 * `rope_parameters` (transformers 5) or `rope_scaling` (earlier; there the kind may be spelt `type`, and no kind at
 * all is the default one).
 */
export const ropeScalingSchema = z.preprocess(withRopeType, scaling);
export type RopeScaling = z.infer<typeof scaling>;

function withRopeType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return { ...fields, rope_type: fields['rope_type'] ?? fields['type'] ?? 'default' };
}

/** The normalised form of a parsed scaling; `maxPositionEmbeddings` stands in where `dynamic` or `yarn` name no length. */
export function ropeConfig(
  raw: RopeScaling,
  { theta, maxPositionEmbeddings }: { readonly theta: number; readonly maxPositionEmbeddings: number },
): RopeConfig {
  switch (raw.rope_type) {
    case 'default':
      return { kind: 'default', theta };
    case 'linear':
      return { kind: 'linear', theta, factor: raw.factor };
    case 'dynamic': {
      const originalMaxPositionEmbeddings = raw.original_max_position_embeddings ?? maxPositionEmbeddings;
      return { kind: 'dynamic', theta, factor: raw.factor, originalMaxPositionEmbeddings };
    }
    case 'llama3':
      return {
        kind: 'llama3',
        theta,
        factor: raw.factor,
        lowFreqFactor: raw.low_freq_factor,
        highFreqFactor: raw.high_freq_factor,
        originalMaxPositionEmbeddings: raw.original_max_position_embeddings,
      };
    case 'yarn':
      return {
        kind: 'yarn',
        theta,
        factor: raw.factor,
        betaFast: raw.beta_fast ?? 32,
        betaSlow: raw.beta_slow ?? 1,
        attentionFactor: raw.attention_factor ?? yarnAttentionFactor(raw),
        truncate: raw.truncate ?? true,
        originalMaxPositionEmbeddings: raw.original_max_position_embeddings ?? maxPositionEmbeddings,
      };
  }
}

/** 1 + 0.1 ln(factor) (Peng et al. 2023, Eq. 22), or the ratio of two such with their own weights (DeepSeek). */
function yarnAttentionFactor({ factor, mscale, mscale_all_dim: allDim }: YarnScaling): number {
  const grown = (weight: number) => (factor <= 1 ? 1 : 1 + 0.1 * weight * Math.log(factor));
  const both = Boolean(mscale) && Boolean(allDim);
  return both ? grown(mscale ?? 1) / grown(allDim ?? 1) : grown(1);
}

/** The fields of `rope_parameters`, without `rope_theta`. */
export function ropeFields(rope: RopeConfig): Record<string, string | number | boolean> {
  switch (rope.kind) {
    case 'default':
      return { rope_type: 'default' };
    case 'linear':
      return { rope_type: 'linear', factor: rope.factor };
    case 'dynamic':
      return {
        rope_type: 'dynamic',
        factor: rope.factor,
        original_max_position_embeddings: rope.originalMaxPositionEmbeddings,
      };
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
  }
}
