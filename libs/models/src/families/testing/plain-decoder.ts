import type { DecoderConfig, RopeConfig } from '../../config/decoder-config.ts';

/**
 * Every family written a second time, token by token with plain loops in double precision and without a graph: what the
 * specs compare graphs with. The families' arithmetic is written here from what their models compute, not from their files.
 */

type Vector = readonly number[];
type Weights = ReadonlyMap<string, Float32Array>;

interface Family {
  readonly norm: 'rms' | 'rms-offset' | 'layer';
  readonly activation: (x: number) => number;
}

const silu = (x: number) => x / (1 + Math.exp(-x));
const tanhGelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

function familyOf({ modelType }: DecoderConfig): Family {
  if (modelType === 'phi') return { norm: 'layer', activation: tanhGelu };
  if (modelType.startsWith('gemma')) return { norm: 'rms-offset', activation: tanhGelu };
  return { norm: 'rms', activation: silu };
}

/** Logits [T][V] of one row of tokens. */
export function plainLogits(config: DecoderConfig, weights: Weights, ids: readonly number[]): Vector[] {
  const D = config.hiddenSize;
  const tensor = (name: string) => weights.get(name) ?? fail(name);
  const linear = (name: string, x: Vector) =>
    affine(tensor(`${name}.weight`), x, weights.get(`${name}.bias`));
  const norm = (name: string, x: Vector) =>
    normalise(x, config, { gain: tensor(`${name}.weight`), bias: weights.get(`${name}.bias`) });
  const scale = config.modelType.startsWith('gemma') ? Math.sqrt(D) : 1;
  const embedding = tensor('model.embed_tokens.weight');
  let rows = ids.map((id): Vector => Array.from(embedding.subarray(id * D, (id + 1) * D), (x) => x * scale));
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const name = (part: string) => `model.layers.${layer}.${part}`;
    const block: Block = {
      config,
      layer,
      linear: (part, x) => linear(name(part), x),
      norm: (part, x) => norm(name(part), x),
      has: (part) => weights.has(name(`${part}.weight`)),
    };
    rows = runBlock(block, rows);
  }
  const hidden = rows.map((x) =>
    norm(config.modelType === 'phi' ? 'model.final_layernorm' : 'model.norm', x),
  );
  const head = config.tieWordEmbeddings ? embedding : tensor('lm_head.weight');
  return hidden.map((x) =>
    affine(head, x, weights.get('lm_head.bias')).map((logit) => capped(logit, config.finalLogitSoftcapping)),
  );
}

interface Block {
  readonly config: DecoderConfig;
  readonly layer: number;
  readonly linear: (part: string, x: Vector) => Vector;
  readonly norm: (part: string, x: Vector) => Vector;
  readonly has: (part: string) => boolean;
}

function runBlock(block: Block, rows: readonly Vector[]): Vector[] {
  const normed = rows.map((x) => block.norm('input_layernorm', x));
  const attended = attention(block, normed);
  if (block.config.modelType === 'phi') {
    return rows.map((x, t) => plus(x, attended[t] as Vector, feedForward(block, normed[t] as Vector)));
  }
  const sandwich = block.has('pre_feedforward_layernorm');
  return rows.map((x, t) => {
    const mixed = attended[t] as Vector;
    const middle = plus(x, sandwich ? block.norm('post_attention_layernorm', mixed) : mixed);
    const before = sandwich ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
    const fed = feedForward(block, block.norm(before, middle));
    return plus(middle, sandwich ? block.norm('post_feedforward_layernorm', fed) : fed);
  });
}

function feedForward({ config, linear, has }: Block, x: Vector): Vector {
  const { activation } = familyOf(config);
  if (has('mlp.fc1')) return linear('mlp.fc2', linear('mlp.fc1', x).map(activation));
  const F = config.intermediateSize;
  const both = has('mlp.gate_up_proj')
    ? linear('mlp.gate_up_proj', x)
    : [...linear('mlp.gate_proj', x), ...linear('mlp.up_proj', x)];
  const gated = both.slice(0, F).map((gate, f) => activation(gate) * (both[F + f] as number));
  return linear('mlp.down_proj', gated);
}

function attention(block: Block, rows: readonly Vector[]): Vector[] {
  const { config, layer, linear, has } = block;
  const { numAttentionHeads: H, numKeyValueHeads: K, headDim: Dh } = config;
  const heads = rows.map((x, t) => projectHeads(block, x, t));
  const window = config.layerWindows?.[layer] ?? Infinity;
  const scale = 1 / Math.sqrt(config.queryPreAttnScalar ?? Dh);
  const mixed = rows.map((_, t) =>
    Array.from({ length: H }, (_head, head) => {
      const group = H + Math.floor((head * K) / H);
      const visible = heads
        .slice(0, t + 1)
        .map((other, s) => ({ other, s }))
        .filter(({ s }) => t - s < window);
      const scores = visible.map(({ other }) =>
        capped(dot(heads[t]?.[head] ?? [], other[group] ?? []) * scale, config.attnLogitSoftcapping),
      );
      const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const total = powers.reduce((sum, power) => sum + power, 0);
      return Array.from({ length: Dh }, (_element, d) =>
        visible.reduce(
          (sum, { other }, i) => sum + ((powers[i] as number) / total) * (other[group + K]?.[d] ?? NaN),
          0,
        ),
      );
    }).flat(),
  );
  return mixed.map((x) => linear(has('self_attn.dense') ? 'self_attn.dense' : 'self_attn.o_proj', x));
}

/** H queries, K keys, K values of one token. */
function projectHeads({ config, layer, linear, norm, has }: Block, x: Vector, position: number): Vector[] {
  const { numAttentionHeads: H, numKeyValueHeads: K, headDim: Dh } = config;
  const joint = has('self_attn.qkv_proj')
    ? linear('self_attn.qkv_proj', x)
    : ['q_proj', 'k_proj', 'v_proj'].flatMap((part) => linear(`self_attn.${part}`, x));
  return Array.from({ length: H + 2 * K }, (_, head) => {
    const slice = joint.slice(head * Dh, (head + 1) * Dh);
    if (head >= H + K) return slice;
    const part = head < H ? 'self_attn.q_norm' : 'self_attn.k_norm';
    const normed = has(part) ? norm(part, slice) : slice;
    if (config.nopeLayers?.includes(layer) === true) return normed;
    const local = (config.layerWindows?.[layer] ?? null) !== null ? config.localRope : undefined;
    return rotate(normed, position, { rope: local ?? config.rope, width: config.rotaryDim ?? Dh });
  });
}

function rotate(x: Vector, position: number, { rope, width }: { rope: RopeConfig; width: number }): Vector {
  const half = width / 2;
  return x.map((value, d) => {
    if (d >= width) return value;
    const angle =
      (position * rope.theta ** ((-2 * (d % half)) / width)) / (rope.kind === 'linear' ? rope.factor : 1);
    const other = d < half ? -(x[d + half] as number) : (x[d - half] as number);
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}

function normalise(
  x: Vector,
  config: DecoderConfig,
  { gain, bias }: { readonly gain: Float32Array; readonly bias: Float32Array | undefined },
): Vector {
  const { norm } = familyOf(config);
  const mean = norm === 'layer' ? x.reduce((sum, value) => sum + value, 0) / x.length : 0;
  const centred = x.map((value) => value - mean);
  const scale = 1 / Math.sqrt(dot(centred, centred) / x.length + config.rmsNormEps);
  const offset = norm === 'rms-offset' ? 1 : 0;
  return centred.map((value, d) => value * scale * (offset + (gain[d] as number)) + (bias?.[d] ?? 0));
}

function affine(matrix: Float32Array, x: Vector, bias?: Float32Array): Vector {
  return Array.from({ length: matrix.length / x.length }, (_, row) =>
    x.reduce(
      (sum, value, column) => sum + value * (matrix[row * x.length + column] as number),
      bias?.[row] ?? 0,
    ),
  );
}

function capped(x: number, cap: number | undefined): number {
  return cap === undefined ? x : cap * Math.tanh(x / cap);
}

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
}

function plus(...vectors: Vector[]): Vector {
  return (vectors[0] as Vector).map((_, index) =>
    vectors.reduce((sum, vector) => sum + (vector[index] as number), 0),
  );
}

function fail(name: string): never {
  throw new TypeError(`no tensor ${name}`);
}
