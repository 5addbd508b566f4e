import {
  add,
  concat,
  type Dim,
  gather,
  greaterOrEqual,
  matMul,
  mul,
  multiplyDims,
  reshape,
  softmax,
  split,
  sub,
  unsqueeze,
  type Value,
  where,
} from '@sipf/graph';
import { scoreScale, softcap, type AttentionRule, type DecoderConfig, type KeyValue } from '@sipf/models';
import { MASKED } from './masked.ts';

/** What rows attend to, see buildDecoderGraph for the shapes. */
export interface SharedPromptInputs {
  /** [N, K, P, Dh] of each layer. */
  readonly prompts: readonly KeyValue[];
  /** [B, K, S, Dh] of each layer. */
  readonly pasts: readonly KeyValue[];
  /** int64 [N, K, R] */
  readonly tileHeads: Value;
  /** int64 [B K] */
  readonly rowTiles: Value;
  /** float32 [B, 1, T, P + T + S] */
  readonly attentionBias: Value;
  /** int64 [B, P + T + S]; for layers with a window. */
  readonly keyPositions: Value | undefined;
  /** int64 [B, T] */
  readonly positionIds: Value;
}

/**
 * Attention of rows that share prompts: one softmax over the prompt's keys, the call's own and the row's earlier ones, in
 * this order, so that the row's length is the last axis' end. The queries of all rows of a tile lie below each other and
 * meet the prompt's keys in one product; those keys exist once a tile.
 */
export function sharedPromptAttention(
  config: DecoderConfig,
  layer: number,
  inputs: SharedPromptInputs,
): AttentionRule {
  const prompt = inputs.prompts[layer] as KeyValue;
  const past = inputs.pasts[layer] as KeyValue;
  const bias = windowed(inputs, config.layerWindows?.[layer] ?? null);
  return (query, present) => {
    const { numAttentionHeads: H, numKeyValueHeads: K, headDim: Dh } = config;
    const [B, , T] = query.shape as [Dim, Dim, Dim];
    const grouped = [B, K, multiplyDims(H / K, T)] as const;
    const queries = reshape(query, [...grouped, Dh]);
    const scores = concat(
      [
        perTile(queries, inputs, (tile) => againstKeys(tile, prompt.key)),
        againstKeys(queries, present.key),
        againstKeys(queries, past.key),
      ],
      3,
    );
    const W = scores.shape[3] as Dim;
    const capped = softcap(mul(scores, scoreScale(config)), config.attnLogitSoftcapping);
    const biased = add(reshape(capped, [B, H, T, W]), bias);
    const weights = reshape(softmax(biased, 3), [...grouped, W]);
    const sizes = [prompt, present, past].map(({ key }) => key.shape[2] as Dim);
    const [toPrompt, toPresent, toPast] = split(weights, 3, sizes) as [Value, Value, Value];
    const mixed = add(
      perTile(toPrompt, inputs, (tile) => matMul(tile, prompt.value)),
      add(matMul(toPresent, present.value), matMul(toPast, past.value)),
    );
    return reshape(mixed, [B, H, T, Dh]);
  };
}

/** Unscaled: with a factor the runtime takes a slower way where there is one query. */
function againstKeys(queries: Value, keys: Value): Value {
  return matMul(queries, keys, { transposeB: true });
}

/** Applies a product [N, K, R Q, X] -> [N, K, R Q, Y] of tiles to rows [B, K, Q, X], giving [B, K, Q, Y]; Q = G T. */
function perTile(
  rows: Value,
  { tileHeads, rowTiles }: SharedPromptInputs,
  product: (tile: Value) => Value,
): Value {
  const [B, K, Q, X] = rows.shape as [Dim, Dim, Dim, Dim];
  const [N, , R] = tileHeads.shape as [Dim, Dim, Dim];
  const heads = reshape(rows, [multiplyDims(B, K), Q, X]);
  const tiles = reshape(gather(heads, tileHeads, 0), [N, K, multiplyDims(R, Q), X]);
  const result = product(tiles);
  const Y = result.shape[3] as Dim;
  const seats = reshape(result, [multiplyDims(multiplyDims(N, K), R), Q, Y]);
  return reshape(gather(seats, rowTiles, 0), [B, K, Q, Y]);
}

/** The bias of a layer whose query at position p sees the keys from p - window + 1 on (Beltagy et al. 2020). */
function windowed(inputs: SharedPromptInputs, window: number | null): Value {
  const { attentionBias, keyPositions, positionIds } = inputs;
  if (window === null || keyPositions === undefined) return attentionBias;
  const distance = sub(unsqueeze(positionIds, [2]), unsqueeze(keyPositions, [1]));
  const outside = where(greaterOrEqual(distance, window), attentionBias.graph.scalar(MASKED), 0);
  return add(attentionBias, unsqueeze(outside, [1]));
}
