import type { RopeConfig } from './decoder-config.ts';
import { ropeConfig, type RopeScaling } from './rope-schema.ts';

/** The fields of a file that say how positions are embedded. */
export interface RopeFields {
  readonly rope_parameters?: RopeScaling | null | undefined;
  readonly rope_scaling?: RopeScaling | null | undefined;
  readonly rope_theta?: number | null | undefined;
  readonly max_position_embeddings: number;
  readonly original_max_position_embeddings?: number | null | undefined;
}

/** The scaling that counts: where a file has both spellings, transformers 5 takes the older one. */
export function chosenScaling({ rope_scaling, rope_parameters }: RopeFields): RopeScaling {
  return rope_scaling ?? rope_parameters ?? { rope_type: 'default' };
}

/** RoPE of a file that has one for all its layers. */
export function readRope(raw: RopeFields, defaultTheta: number): RopeConfig {
  const rope = chosenScaling(raw);
  return ropeConfig(rope, {
    theta: rope.rope_theta ?? raw.rope_theta ?? defaultTheta,
    maxPositionEmbeddings: raw.max_position_embeddings,
    originalMaxPositionEmbeddings: raw.original_max_position_embeddings ?? undefined,
  });
}

/**
 * The longest sequence in tokens of a file's `max_position_embeddings`. Dynamic RoPE stretches what stands there by its factor,
 * and YaRN the original length, as vLLM has it.
 */
export function longestSequence(rope: RopeConfig, maxPositionEmbeddings: number): number {
  if (rope.kind !== 'dynamic' && rope.kind !== 'yarn') return maxPositionEmbeddings;
  const stretched = Math.floor(rope.factor * rope.originalMaxPositionEmbeddings);
  return Math.max(maxPositionEmbeddings, stretched);
}

/** `max_position_embeddings` of a file that {@link longestSequence} makes `maxPositionEmbeddings` of. */
export function writtenPositions(ropes: readonly RopeConfig[], maxPositionEmbeddings: number): number {
  const dynamic = ropes.find(({ kind }) => kind === 'dynamic');
  return dynamic?.kind === 'dynamic' ? dynamic.originalMaxPositionEmbeddings : maxPositionEmbeddings;
}
