import {
  add,
  cast,
  cos,
  type Dim,
  exp,
  greater,
  log,
  maximum,
  mul,
  multiplyDims,
  padAxis,
  range,
  reduceMax,
  reshape,
  rotaryEmbedding,
  sin,
  slice,
  sub,
  unsqueeze,
  type Value,
  where,
} from '@sipf/graph';
import { type DecoderConfig, rotaryWidth, type RopeConfig } from '../config/decoder-config.ts';
import type { DecoderInputs } from './decoder-inputs.ts';
import { rotaryFrequencies, type RotaryFrequencies } from './rotary-frequencies.ts';

/** Angles' cosines and sines, computed once and shared by the layers; R is the rotated width of a head. */
export interface RotaryTables {
  /** float32 [rows, R / 2] */
  readonly cos: Value;
  /** float32 [rows, R / 2] */
  readonly sin: Value;
  /** int64: the table row of each token, [B, T]; or [1], the row of every batch row's first token. */
  readonly positionIds: Value;
}

/** The tables of every layer: those of the layers with a sliding window may differ, and a layer may have none. */
export function layerRotary(
  config: DecoderConfig,
  inputs: DecoderInputs,
): (layer: number) => RotaryTables | undefined {
  const { rope, localRope, nopeLayers = [] } = config;
  const tables = rotaryTables(config, rope, inputs);
  const local = localRope === undefined ? tables : rotaryTables(config, localRope, inputs);
  return (layer) => {
    if (nopeLayers.includes(layer)) return undefined;
    return (config.layerWindows?.[layer] ?? null) === null ? tables : local;
  };
}

/** The tables of RoPE at a decoder's positions. */
function rotaryTables(
  config: DecoderConfig,
  rope: RopeConfig,
  { positionIds, lengths, inverseFrequencies }: DecoderInputs,
): RotaryTables {
  const { graph } = positionIds;
  const positions = unsqueeze(cast(positionIds, 'float32'), [2]);
  const width = rotaryWidth(config);
  const known = rotaryFrequencies(rope, width);
  const frequencies = inverseFrequencies === undefined ? known : { ...known, inverse: inverseFrequencies };
  const perToken = mul(positions, frequencyRow(positions, frequencies, lengths));
  const [B, T] = perToken.shape as readonly [Dim, Dim];
  const rows = multiplyDims(B, T);
  const angles = reshape(perToken, [rows, width / 2]);
  const tableRows = B === 1 ? graph.constant('int64', [1], [0]) : reshape(range(graph, rows), [B, T]);
  const { attentionFactor = 1 } = known;
  const scaled = (table: Value) => (attentionFactor === 1 ? table : mul(table, attentionFactor));
  return {
    cos: scaled(inWholePackets(angles, cos)),
    sin: scaled(inWholePackets(angles, sin)),
    positionIds: tableRows,
  };
}

/** Numbers that the CPU takes the cosine of at once; a remainder is computed otherwise and rounded otherwise. */
const PACKET = 4;

/** A function of every angle [rows, R / 2] whose rounding depends on the angle alone, not on how many rows there are. */
function inWholePackets(angles: Value, apply: (x: Value) => Value): Value {
  const pairs = angles.shape[1] as number;
  const missing = (PACKET - (pairs % PACKET)) % PACKET;
  return slice(apply(padAxis(angles, 1, [0, missing])), { axis: 1, end: pairs });
}

/**
 * Rotates the pairs (i, i + R / 2) of every head's first R elements, Eq. 34 of RoFormer (Su et al. 2021);
 * x [B, H, T, Dh].
 */
export function applyRotary(x: Value, tables: RotaryTables): Value {
  const [, heads, , Dh] = x.shape as readonly [Dim, number, Dim, number];
  const width = 2 * (tables.cos.shape[1] as number);
  return rotaryEmbedding(x, width === Dh ? tables : { ...tables, rotaryDim: width, numHeads: heads });
}

/** [1, 1, R / 2], or [B, 1, R / 2] where they depend on each row's length; `positions` is [B, T, 1]. */
function frequencyRow(
  positions: Value,
  { inverse, dynamic, long }: RotaryFrequencies,
  lengths: Value | undefined,
): Value {
  const { graph } = positions;
  const shape = [1, 1, inverse.length];
  const fixed = graph.constant('float32', shape, inverse);
  if (dynamic === undefined && long === undefined) return fixed;
  const given = lengths === undefined ? undefined : unsqueeze(cast(lengths, 'float32'), [1, 2]);
  const tokens = given ?? add(reduceMax(positions, [1], true), 1);
  if (long !== undefined) {
    return where(greater(tokens, long.beyond), graph.constant('float32', shape, long.inverse), fixed);
  }
  if (dynamic === undefined) return fixed;
  const { factor, fromLength } = dynamic;
  // Frequency i is theta'^(-2i / R) with theta' = theta (factor length / fromLength - (factor - 1))^(R / (R - 2)).
  const length = maximum(tokens, fromLength);
  const growth = sub(mul(length, factor / fromLength), factor - 1);
  const exponents = Float32Array.from(inverse, (_, pair) => (-2 * pair) / (inverse.length * 2 - 2));
  return mul(exp(mul(log(growth), graph.constant('float32', shape, exponents))), fixed);
}
