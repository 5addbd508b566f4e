import {
  add,
  concat,
  type Dim,
  gather,
  greaterOrEqual,
  less,
  multiplyDims,
  reshape,
  sub,
  transpose,
  unsqueeze,
  type Value,
  where,
} from '@sipf/graph';
import { attentionOverSegments, type AttentionRule, type DecoderConfig, type KeyValue } from '@sipf/models';
import { MASKED } from '../decode/masked.ts';

/** Where the tokens of a packed batch belong, see buildScoreGraph for the shapes. */
export interface PackedTokens {
  readonly prompts: PackedSequences;
  readonly classes: readonly (PackedSequences & {
    /** int64 [B]: each row's prompt. */
    readonly prompts: Value;
  })[];
  /** int64 [T] */
  readonly tokenSlots: Value;
}

/** Sequences of one width. */
export interface PackedSequences {
  /** int64 [X, L] */
  readonly tokens: Value;
  /** int64 [X, L] */
  readonly positions: Value;
}

/** Their queries, keys and values, [X, H or K, L, Dh] each. */
interface Heads extends KeyValue {
  readonly query: Value;
}

/**
 * Attention of a packed batch, whose tokens lie one below the other, [T, H, 1, Dh]: they are laid out as prompts and rows, each
 * prompt's tokens attend to it and each row's to its prompt and to the row, and the results go back to their tokens.
 */
export function packedAttention(
  config: DecoderConfig,
  { prompts, classes, tokenSlots }: PackedTokens,
): (layer: number) => AttentionRule {
  const promptBias = biases(prompts.positions, prompts.positions);
  const classBiases = classes.map(({ positions, prompts: promptOf }) =>
    biases(positions, concat([gather(prompts.positions, promptOf, 0), positions], 1)),
  );
  return (layer) => (query, present) => {
    const window = config.layerWindows?.[layer] ?? null;
    const attend = ({ query: own }: Heads, segments: readonly KeyValue[], bias: Value): Value =>
      asTokens(attentionOverSegments(config, own, { segments, bias }), own.shape);
    const read = layOut(query, present, prompts.tokens);
    const slots = [
      attend(read, [read], promptBias(window)),
      ...classes.map(({ tokens, prompts: promptOf }, index) => {
        const rows = layOut(query, present, tokens);
        const prompt = { key: gather(read.key, promptOf, 0), value: gather(read.value, promptOf, 0) };
        return attend(rows, [prompt, rows], classBiases[index]?.(window) as Value);
      }),
    ];
    return reshape(gather(concat(slots, 0), tokenSlots, 0), query.shape);
  };
}

/** Takes sequences' tokens out of [T, H, 1, Dh]; `tokens` is [X, L]. */
function layOut(query: Value, { key, value }: KeyValue, tokens: Value): Heads {
  const [X, L] = tokens.shape as [Dim, Dim];
  const take = (x: Value): Value => {
    const [T, heads, , Dh] = x.shape as [Dim, Dim, Dim, Dim];
    const flat = gather(reshape(x, [T, multiplyDims(heads, Dh)]), tokens, 0);
    return transpose(reshape(flat, [X, L, heads, Dh]), [0, 2, 1, 3]);
  };
  return { query: take(query), key: take(key), value: take(value) };
}

/** Results of queries [X, H, L, Dh] as tokens, [X L, H Dh]. */
function asTokens(attended: Value, [X, H, L, Dh]: readonly Dim[]): Value {
  const heads = reshape(attended, [X, H, L, Dh] as Dim[]);
  return reshape(transpose(heads, [0, 2, 1, 3]), [
    multiplyDims(X as Dim, L as Dim),
    multiplyDims(H as Dim, Dh as Dim),
  ]);
}

/** The bias [X, 1, L, W] of a window or of none: a query sees keys up to its own position; each is computed once. */
function biases(queries: Value, keys: Value): (window: number | null) => Value {
  const { graph } = queries;
  const distance = unsqueeze(sub(unsqueeze(queries, [2]), unsqueeze(keys, [1])), [1]);
  const masked = graph.scalar(MASKED);
  const causal = where(less(distance, 0), masked, 0);
  const windowed = new Map<number, Value>();
  return (window) => {
    if (window === null) return causal;
    const known = windowed.get(window) ?? add(causal, where(greaterOrEqual(distance, window), masked, 0));
    windowed.set(window, known);
    return known;
  };
}
