import { int } from '../attribute.ts';
import type { Value } from '../graph.ts';
import { applySingle } from '../operators/operand.ts';
import { ShapeError } from '../shape-error.ts';

/** Tables and layout of {@link rotaryEmbedding}. */
export interface RotaryTables {
  /** int64 [B, T]: row of the tables for each token. */
  readonly positionIds: Value;
  /** [positions, R/2]: cosine of each angle, R being the rotated width. */
  readonly cos: Value;
  /** [positions, R/2]: sine of each angle. */
  readonly sin: Value;
  /** Rotated width of each head when it is not the whole head. */
  readonly rotaryDim?: number;
  /** Number of heads; needed with `rotaryDim`. */
  readonly numHeads?: number;
}

/**
 * Rotary position embedding in Hugging Face's layout (a head's first half pairs with its second), as one operator:
 * (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin).
 * @param x [B, T, H Dh], or [B, H, T, Dh]
 * @throws ShapeError
 */
export function rotaryEmbedding(
  x: Value,
  { positionIds, cos, sin, rotaryDim = 0, numHeads = 0 }: RotaryTables,
): Value {
  if ((x.shape.length !== 3 && x.shape.length !== 4) || cos.shape.length !== 2 || sin.shape.length !== 2) {
    throw new ShapeError(
      'rotaryEmbedding',
      [x.shape, cos.shape, sin.shape],
      'needs x of rank 3 or 4, tables of rank 2',
    );
  }
  return applySingle(x.graph, {
    type: 'RotaryEmbedding',
    domain: 'com.microsoft',
    inputs: [x, positionIds, cos, sin],
    attributes: { interleaved: int(0), num_heads: int(numHeads), rotary_embedding_dim: int(rotaryDim) },
    outputs: [{ dtype: x.dtype, shape: x.shape }],
  });
}
