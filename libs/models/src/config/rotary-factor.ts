import { z } from 'zod';
import { type DecoderConfig, rotaryWidth } from './decoder-config.ts';
import type { RopeScaling } from './rope-schema.ts';

/** `partial_rotary_factor`: the share of a head that RoPE rotates. */
export const rotaryFactor = z.number().positive().max(1).nullish();

interface RotaryFields {
  readonly partial_rotary_factor?: number | null | undefined;
  readonly rope_parameters?: RopeScaling | null | undefined;
}

/** R of a file, whose factor stands beside RoPE's other parameters (transformers 5) or on its own. */
export function readRotaryDim(
  raw: RotaryFields,
  headDim: number,
  defaultFactor: number,
): Pick<DecoderConfig, 'rotaryDim'> {
  const factor = raw.rope_parameters?.partial_rotary_factor ?? raw.partial_rotary_factor ?? defaultFactor;
  return factor === 1 ? {} : { rotaryDim: Math.trunc(headDim * factor) };
}

/** The factor of a configuration; floor(Dh factor) is R again. */
export function writeRotaryFactor(config: DecoderConfig): Record<string, unknown> {
  return { partial_rotary_factor: rotaryWidth(config) / config.headDim };
}
