import {
  add,
  checkpoint,
  concat,
  type Dim,
  matMul,
  mul,
  multiplyDims,
  quotientDim,
  reshape,
  slice,
  softmax,
  split,
  subtractDims,
  tanh,
  transpose,
  type Value,
} from '@sipf/graph';
import type { DecoderConfig } from '../config/decoder-config.ts';
import type { AttentionRule, KeyValue, LayerPast } from './decoder-inputs.ts';
import { batchAxes, type LayerScope, linear, linears, norm, onward, tokenRows } from './layer-scope.ts';
import { applyRotary } from './rotary.ts';

/** What the attention of a family is made of; the names are those of modules in the family's table. */
export interface AttentionParts {
  /** One module each for queries, keys and values, or one for all three. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** RMSNorm over every query's and key's head before RoPE (Qwen 3). */
  readonly headNorms?: { readonly query: string; readonly key: string };
}

/** The attention of Llama and most families after it. */
export const SEPARATE_PROJECTIONS: AttentionParts = {
  inputs: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
  output: 'self_attn.o_proj',
};

/** {@link SEPARATE_PROJECTIONS} with normalised queries and keys. */
export const NORMALISED_HEADS: AttentionParts = {
  ...SEPARATE_PROJECTIONS,
  headNorms: { query: 'self_attn.q_norm', key: 'self_attn.k_norm' },
};

/** One layer's attention: its output, [B * T, D] or of the wanted tokens alone, and its keys and values of this call. */
export interface AttentionResult {
  readonly output: Value;
  readonly present: KeyValue;
}

/** Grouped-query self-attention (Ainslie et al. 2023) with RoPE; x [B * T, D], already normalised. */
export function attend(
  scope: LayerScope,
  x: Value,
  parts: AttentionParts = SEPARATE_PROJECTIONS,
): AttentionResult {
  const { headDim: Dh, numAttentionHeads: H } = scope.config;
  const [B, T] = batchAxes(scope);
  const { query, present } = project(scope, x, parts);
  const attended = (scope.attention ?? attentionOver(scope))(query, present);
  const kept = scope.inputs.memory?.recomputeActivations === true ? checkpoint(query, attended) : attended;
  const mixed = reshape(kept, [B, H, T, Dh]);
  const rows = reshape(transpose(mixed, [0, 2, 1, 3]), [tokenRows(scope), H * Dh]);
  return { output: linear(scope, onward(scope, rows), parts.output), present };
}

/** Queries [B, H, T, Dh], keys and values [B, K, T, Dh]; one product for all three. */
function project(scope: LayerScope, x: Value, parts: AttentionParts): { query: Value; present: KeyValue } {
  const { headDim: Dh, numAttentionHeads: H, numKeyValueHeads: K } = scope.config;
  const joint = linears(scope, x, parts.inputs);
  const heads = transpose(reshape(joint, [...batchAxes(scope), H + 2 * K, Dh]), [0, 2, 1, 3]);
  if (parts.headNorms === undefined) {
    const [both, value] = split(heads, 1, [H + K, K]) as [Value, Value];
    const [query, key] = split(rotate(scope, both), 1, [H, K]) as [Value, Value];
    return { query, present: { key, value } };
  }
  const [rawQuery, rawKey, value] = split(heads, 1, [H, K, K]) as [Value, Value, Value];
  const query = rotate(scope, norm(scope, rawQuery, parts.headNorms.query));
  const key = rotate(scope, norm(scope, rawKey, parts.headNorms.key));
  return { query, present: { key, value } };
}

function rotate({ rotary }: LayerScope, heads: Value): Value {
  return rotary === undefined ? heads : applyRotary(heads, rotary);
}

/** Attention to the past and to the call's own keys. */
function attentionOver({ config, past, attentionBias: bias, inputs }: LayerScope): AttentionRule {
  const { causalBlocks = 1 } = inputs;
  return (query, present) => {
    const segments = [...pastSegments(past), present];
    return segments.length === 1 && causalBlocks > 1
      ? mixInBlocks(config, query, { present, bias, blocks: causalBlocks })
      : attentionOverSegments(config, query, { segments, bias });
  };
}

/** What scores are multiplied by. */
export function scoreScale({ queryPreAttnScalar, headDim }: DecoderConfig): number {
  return 1 / Math.sqrt(queryPreAttnScalar ?? headDim);
}

/**
 * softmax(q k^T / sqrt(Dh) + bias) v over all segments, [B, K, G * T, Dh] with G = H / K. The queries of one key/value head lie
 * below each other, so keys are never repeated; the segments' scores are joined, so keys are never copied.
 */
export function attentionOverSegments(
  config: DecoderConfig,
  query: Value,
  { segments, bias }: { segments: readonly KeyValue[]; bias: Value },
): Value {
  const { numAttentionHeads: H, numKeyValueHeads: K, headDim: Dh } = config;
  const [B, , T] = query.shape as [Dim, Dim, Dim];
  const grouped = reshape(query, [B, K, multiplyDims(H / K, T), Dh]);
  const alpha = scoreScale(config);
  const parts = segments.map(({ key }) => matMul(grouped, key, { transposeB: true, alpha }));
  const scores = parts.length === 1 ? (parts[0] as Value) : concat(parts, 3);
  const width = scores.shape[3] as Dim;
  const biased = add(reshape(softcap(scores, config.attnLogitSoftcapping), [B, H, T, width]), bias);
  const weights = reshape(softmax(biased, 3), [B, K, multiplyDims(H / K, T), width]);
  if (segments.length === 1) return matMul(weights, (segments[0] as KeyValue).value);
  const sizes = segments.map(({ key }) => key.shape[2] as Dim);
  const mixed = split(weights, 3, sizes).map((part, index) =>
    matMul(part, (segments[index] as KeyValue).value),
  );
  return mixed.reduce((sum, part) => add(sum, part));
}

interface BlockedMix {
  readonly present: KeyValue;
  readonly bias: Value;
  readonly blocks: number;
}

/** {@link attentionOverSegments} over the call's own keys, a block of queries after the other: [B, H, T, Dh]. */
function mixInBlocks(config: DecoderConfig, query: Value, { present, bias, blocks }: BlockedMix): Value {
  const sizes = blockSizes(query, blocks);
  const cut = (x: Value, axis: number) => split(x, axis, sizes);
  const [queries, keys, values, biases] = [query, present.key, present.value, bias].map((x) => cut(x, 2));
  const upTo = (parts: readonly Value[] | undefined, whole: Value, block: number) =>
    block === blocks - 1 ? whole : concat((parts ?? []).slice(0, block + 1), 2);
  const mixed = (queries ?? []).map((part, block) => {
    const seen = { key: upTo(keys, present.key, block), value: upTo(values, present.value, block) };
    const own = biases?.[block] as Value;
    const shown = slice(own, { axis: 3, end: seen.key.shape[2] as Dim });
    const { numAttentionHeads: H, headDim: Dh } = config;
    const [B, , T] = part.shape as readonly [Dim, Dim, Dim];
    return reshape(attentionOverSegments(config, part, { segments: [seen], bias: shown }), [B, H, T, Dh]);
  });
  return concat(mixed, 2);
}

/** T in so many sizes, equal but for the last, which takes what is left. */
function blockSizes(query: Value, blocks: number): Dim[] {
  const T = query.shape[2] as Dim;
  const size = quotientDim(query.graph, T, blocks);
  const first = Array.from({ length: blocks - 1 }, () => size);
  return [...first, first.reduce(subtractDims, T)];
}

/** cap tanh(x / cap), which stays within ±cap (Gemma 2); x itself where there is no cap. */
export function softcap(x: Value, cap: number | undefined): Value {
  return cap === undefined ? x : mul(tanh(mul(x, 1 / cap)), cap);
}

/** The segments of a past in the order of their keys. */
export function pastSegments(past: LayerPast | undefined): readonly KeyValue[] {
  if (past === undefined) return [];
  return 'key' in past ? [past] : past;
}
