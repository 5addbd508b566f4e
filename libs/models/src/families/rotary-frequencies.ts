import { assertNever } from '@sipf/errors';
import type { RopeConfig } from '../config/decoder-config.ts';

/** The static part of a rotary embedding: everything of it that does not depend on the length at run time. */
export interface RotaryFrequencies {
  /** Angle per position of each rotated pair, in radians; Dh / 2 numbers, float32-rounded. */
  readonly inverse: Float32Array;
  /** Present for `dynamic` scaling: beyond this many positions theta grows with the length. */
  readonly dynamic?: { readonly factor: number; readonly fromLength: number };
  /** Present for `longrope`: the angles in sequences of more tokens than `beyond`. */
  readonly long?: { readonly inverse: Float32Array; readonly beyond: number };
  /** What cosines and sines are multiplied by. @default 1 */
  readonly attentionFactor?: number;
}

/**
 * Inverse frequencies of RoPE (Su et al. 2021), theta^(-2i / Dh), scaled as transformers does for each kind:
 * `linear` divides by the factor (position interpolation), `llama3` divides the long wavelengths only and blends
 * between the two bands, `yarn` does so by a ramp over the pairs and scales queries and keys, `dynamic` (NTK-aware) starts
 * unscaled and raises theta at run time, `longrope` divides each pair by a factor of its own, another one in long sequences.
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
    case 'yarn':
      return { inverse: yarnFrequencies(plain, rope), attentionFactor: rope.attentionFactor };
    case 'longrope': {
      const { shortFactors, longFactors, attentionFactor, originalMaxPositionEmbeddings: beyond } = rope;
      const divided = (factors: readonly number[]) =>
        Float32Array.from(factors, (factor, pair) => 1 / (factor * rope.theta ** ((2 * pair) / headDim)));
      return {
        inverse: divided(shortFactors),
        long: { inverse: divided(longFactors), beyond },
        attentionFactor,
      };
    }
    default:
      return assertNever(rope);
  }
}

function llama3Frequency(frequency: number, rope: Extract<RopeConfig, { kind: 'llama3' }>): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = rope;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  // In this order, so that a low factor above the high one means what it does in transformers.
  if (turns < lowFreqFactor) return frequency / factor;
  if (turns > highFreqFactor) return frequency;
  const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** YaRN (Peng et al. 2023, section 3.2): pairs of many turns stay, of few are divided, in between a linear blend. */
function yarnFrequencies(plain: Float32Array, rope: Extract<RopeConfig, { kind: 'yarn' }>): Float32Array {
  const { theta, factor, betaFast, betaSlow, truncate, originalMaxPositionEmbeddings } = rope;
  const width = 2 * plain.length;
  // The (fractional) pair that makes so many turns over the original length.
  const pairOf = (turns: number): number =>
    (width * Math.log(originalMaxPositionEmbeddings / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [fast, slow] = [pairOf(betaFast), pairOf(betaSlow)];
  const first = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const last = Math.min(truncate ? Math.ceil(slow) : slow, width - 1);
  // A band of no width is a step.
  const span = first === last ? 0.001 : last - first;
  return plain.map((frequency, pair) => {
    const divided = Math.min(Math.max((pair - first) / span, 0), 1);
    return (divided * frequency) / factor + (1 - divided) * frequency;
  });
}
