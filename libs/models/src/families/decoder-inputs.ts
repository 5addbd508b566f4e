import type { Value } from '@sipf/graph';
import type { MemorySettings } from './memory-settings.ts';

/** Keys and values of one layer, [B, K, S, Dh] each, RoPE applied to the keys; B may be 1 for all rows alike. */
export interface KeyValue {
  readonly key: Value;
  readonly value: Value;
}

/** What a layer has attended to before this call: one segment, or several that are read in order. */
export type LayerPast = KeyValue | readonly KeyValue[];

/**
 * Attention of one layer, softmax(q k^T) v over whatever its maker has at hand beside the call's own keys and values:
 * query [B, H, T, Dh] -> [B, H, T, Dh].
 */
export type AttentionRule = (query: Value, present: KeyValue) => Value;

export interface DecoderInputs {
  /** int64 [B, T] */
  readonly inputIds: Value;
  /** int64 [B, T], or [1, T] where every row has the same. */
  readonly positionIds: Value;
  /**
   * int64 [B]: tokens of each row's sequence, where RoPE depends on it (`dependsOnLength`). @default what the row's
   * positions count to, padding included
   */
  readonly lengths?: Value | undefined;
  /** float32, added to the scores: 0 or very negative; broadcastable to [B, 1, T, S + T]. */
  readonly attentionBias: Value;
  /** One entry a layer; absent where there is no past. Its keys lie at the positions 0 to S - 1, in order. */
  readonly past?: readonly LayerPast[];
  /**
   * Attends instead of `past` and `attentionBias`, which are then not read, and sees to windows itself.
   * @default the product over the past and this call's keys
   */
  readonly attention?: (layer: number) => AttentionRule;
  /**
   * RoPE's inverse frequencies [Dh / 2] instead of the configuration's, to follow an implementation that rounds them
   * otherwise. @default those of `rotaryFrequencies`, in float32
   */
  readonly inverseFrequencies?: Float32Array;
  /**
   * Without a past: queries attend in so many blocks, each to the keys up to its own end alone, so that most of the
   * scores that `attentionBias` masks are never computed; it must mask every key after a query. @default 1
   */
  readonly causalBlocks?: number;
  /**
   * int64 [U]: tokens, as rows of [B * T], whose hidden states are wanted. The last layer then reads keys and values of all
   * tokens, and computes the rest at these alone. @default all of them
   */
  readonly wanted?: Value | undefined;
  /** @default everything is kept for a backward pass */
  readonly memory?: MemorySettings | undefined;
}

export interface DecoderOutputs {
  /** float32 [B, T, D], after the final norm; [1, U, D] of the wanted tokens where they were named. */
  readonly hidden: Value;
  /** This call's keys and values only, [B, K, T, Dh], one entry a layer. */
  readonly present: readonly KeyValue[];
}
