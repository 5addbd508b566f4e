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
]);

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

/** The normalised form of a parsed scaling; `maxPositionEmbeddings` stands in where `dynamic` names no length. */
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
  }
}

/** The fields of `rope_parameters`, without `rope_theta`. */
export function ropeFields(rope: RopeConfig): Record<string, string | number> {
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
  }
}
