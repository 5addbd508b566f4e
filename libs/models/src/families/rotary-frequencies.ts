import { assertNever } from '@sipf/errors';
import type { RopeConfig } from '../config/decoder-config.ts';

/** The static part of a rotary embedding: everything of it that does not depend on the length at run time. */
export interface RotaryFrequencies {
  /** Angle per position of each rotated pair, in radians; Dh / 2 numbers, float32-rounded. */
  readonly inverse: Float32Array;
  /** Present for `dynamic` scaling: beyond this many positions theta grows with the length. */
  readonly dynamic?: { readonly factor: number; readonly fromLength: number };
}

/**
 * Inverse frequencies of RoPE (Su et al. 2021), theta^(-2i / Dh), scaled as transformers does for each kind:
 * `linear` divides by the factor (position interpolation), `llama3` divides the long wavelengths only and blends
 * between the two bands, `dynamic` (NTK-aware) starts unscaled and raises theta at run time.
 */
export function rotaryFrequencies(rope: RopeConfig, headDim: number): RotaryFrequencies {
  const plain = Float32Array.from(
    { length: headDim / 2 },
    (_, pair) => rope.theta ** ((-2 * pair) / headDim),
  );
  switch (rope.kind) {
    case 'default':
      return { inverse: plain };
    case 'linear':
      return { inverse: plain.map((frequency) => frequency / rope.factor) };
    case 'llama3':
      return { inverse: plain.map((frequency) => llama3Frequency(frequency, rope)) };
    case 'dynamic': {
      const { factor, originalMaxPositionEmbeddings: fromLength } = rope;
      return { inverse: plain, dynamic: { factor, fromLength } };
    }
    default:
      return assertNever(rope);
  }
}

function llama3Frequency(frequency: number, rope: Extract<RopeConfig, { kind: 'llama3' }>): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = rope;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  if (turns > highFreqFactor) return frequency;
  if (turns < lowFreqFactor) return frequency / factor;
  const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
