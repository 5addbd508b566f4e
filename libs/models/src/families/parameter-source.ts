import type { Dim, Value } from '@sipf/graph';

/** Where a graph's weights come from; whether each is an input or an initialiser is the caller's choice. */
export interface ParameterSource {
  /** The tensor of this Hugging Face name; asked twice it is the same value. */
  parameter(name: string, shape: readonly Dim[]): Value;
  /** The low-rank adapter on a linear module (`model.layers.0.self_attn.q_proj`), where it has one. */
  adapter?(module: string): LinearAdapter | undefined;
  /**
   * x W^T of a linear module whose weight is not at hand as floats, [N, out] from x [N, in]; undefined where it is a
   * parameter as all others are.
   */
  product?(module: string, x: Value): Value | undefined;
  /** Rows [M, D] of a table that is not at hand as floats, by their indices [M]; undefined where it is a parameter. */
  rows?(name: string, indices: Value): Value | undefined;
}

/** A low-rank adapter on one linear layer, as values of a graph. */
export interface LinearAdapter {
  /** float32 [rank, in] */
  readonly a: Value;
  /** float32 [out, rank] */
  readonly b: Value;
  /** See ModuleLora. */
  readonly scaling: number;
  /** float32, 0 or 1 / (1 - p), the shape of x; absent where nothing is dropped. */
  readonly dropoutMask?: (x: Value) => Value;
  /** x A^T, where the adapter computes it in a way of its own; layers on one input then share no product. */
  readonly narrow?: (x: Value) => Value;
}
