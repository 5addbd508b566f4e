import { z } from 'zod';
import { type DecoderConfig, rotaryWidth } from './decoder-config.ts';
import { chosenScaling, type RopeFields } from './read-rope.ts';

/** `partial_rotary_factor`: the share of a head that RoPE rotates. */
export const rotaryFactor = z.number().positive().max(1).nullish();

interface RotaryFields extends RopeFields {
  readonly partial_rotary_factor?: number | null | undefined;
}

/** R of a file, whose factor stands beside RoPE's other parameters (transformers 5) or on its own. */
export function readRotaryDim(
  raw: RotaryFields,
  headDim: number,
  defaultFactor: number,
): Pick<DecoderConfig, 'rotaryDim'> {
  const factor = chosenScaling(raw).partial_rotary_factor ?? raw.partial_rotary_factor ?? defaultFactor;
  return factor === 1 ? {} : { rotaryDim: Math.trunc(headDim * factor) };
}

/** The factor of a configuration; floor(Dh factor) is R again, whatever the quotient is rounded to. */
export function writeRotaryFactor(config: DecoderConfig): Record<string, unknown> {
  const [width, { headDim }] = [rotaryWidth(config), config];
  const share = width / headDim;
  return { partial_rotary_factor: Math.trunc(headDim * share) === width ? share : (width + 0.5) / headDim };
}
