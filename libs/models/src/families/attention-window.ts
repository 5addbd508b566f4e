import {
  add,
  addDims,
  concat,
  type Dim,
  expand,
  greaterOrEqual,
  range,
  sub,
  unsqueeze,
  type Value,
  where,
} from '@sipf/graph';
import { MASKED_SCORE } from './attention-bias.ts';
import { pastSegments } from './attention.ts';
import type { DecoderScope } from './layer-scope.ts';

/**
 * The attention bias of one layer: where it has a sliding window (Beltagy et al. 2020), a query at position p sees the
 * keys from p - window + 1 on. Layers of one window share the bias.
 */
export function windowedBias({ config, inputs }: DecoderScope, layer: number): Value {
  const { attentionBias, positionIds, past } = inputs;
  const window = config.layerWindows?.[layer] ?? null;
  if (window === null) return attentionBias;
  const segments = pastSegments(past?.[layer]);
  const keys = keyPositions(
    positionIds,
    segments.map(({ key }) => key.shape[2] as Dim),
  );
  // int64 [B, T, S + T], or with 1 for B
  const distance = sub(unsqueeze(positionIds, [2]), unsqueeze(keys, [1]));
  const outside = where(greaterOrEqual(distance, window), attentionBias.graph.scalar(MASKED_SCORE), 0);
  return add(attentionBias, unsqueeze(outside, [1]));
}

/** int64 [B, S + T], or [1, S + T]: what lies in the past is counted from 0. */
function keyPositions(positionIds: Value, lengths: readonly Dim[]): Value {
  if (lengths.length === 0) return positionIds;
  const { graph } = positionIds;
  const rows = positionIds.shape[0] as Dim;
  const total = lengths.reduce(addDims);
  const counted = expand(unsqueeze(range(graph, total), [0]), [rows, total]);
  return concat([counted, positionIds], 1);
}
