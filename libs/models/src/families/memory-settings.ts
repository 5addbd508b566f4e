/** What is kept for a backward pass, and what is computed again; no result but for its rounding depends on it. */
export interface MemorySettings {
  /** Keeps only what goes into each layer, and computes the layer again: less memory, about a third more time. @default false */
  readonly recomputeLayers?: boolean;
  /**
   * Keeps queries, keys, values and the two inputs of a gated product, and computes attention weights and activations
   * between the products again: less memory, a few hundredths more time. @default false
   */
  readonly recomputeActivations?: boolean;
  /**
   * Vocabulary entries whose logits are there at a time, at the positions that are scored alone: memory that does not grow
   * with the vocabulary, for one more product with the LM head. @default logits of the whole vocabulary at all positions
   */
  readonly vocabularyPiece?: number | undefined;
}
