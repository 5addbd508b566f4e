import type { DecoderConfig } from '../config/decoder-config.ts';

/** Shape of a linear layer's weight as Hugging Face stores it. */
export type LinearShape = readonly [out: number, input: number];

/**
 * RMSNorm (Zhang and Sennrich 2019) by its weight, or by 1 + its weight (Gemma), or LayerNorm with a bias.
 */
export type NormKind = 'rms' | 'rms-offset' | 'layer';

/** A module of a layer: linear where its weight is a matrix, a norm where it is a vector. */
export interface LayerModule {
  /** Within the layer, e.g. `self_attn.q_proj`. */
  readonly name: string;
  readonly shape: LinearShape | readonly [size: number];
  /** Of a linear layer; a norm's bias follows from its kind. @default false */
  readonly bias?: boolean;
}

/** Whether a module is linear. */
export function isLinear(module: LayerModule): module is LayerModule & { readonly shape: LinearShape } {
  return module.shape.length === 2;
}

/** What stands before the names of a layer's modules. */
export function layerPrefix(layer: number): string {
  return `model.layers.${layer}.`;
}

/** Which linear layers of a gated block have a bias. */
export interface GatedBiases {
  readonly qkv?: boolean;
  readonly output?: boolean;
  readonly mlp?: boolean;
}

/** Modules of grouped-query attention with separate projections; `output` is the name of the last of them. */
export function attentionModules(config: DecoderConfig, output: string, biases: GatedBiases): LayerModule[] {
  const { hiddenSize: D, headDim: Dh, numAttentionHeads: H, numKeyValueHeads: K } = config;
  const bias = biases.qkv ?? false;
  return [
    { name: 'self_attn.q_proj', shape: [H * Dh, D], bias },
    { name: 'self_attn.k_proj', shape: [K * Dh, D], bias },
    { name: 'self_attn.v_proj', shape: [K * Dh, D], bias },
    { name: `self_attn.${output}`, shape: [D, H * Dh], bias: biases.output ?? false },
  ];
}

/** Modules of a feed-forward network with a gate. */
export function gatedMlpModules(config: DecoderConfig, bias = false): LayerModule[] {
  const { hiddenSize: D, intermediateSize: F } = config;
  return [
    { name: 'mlp.gate_proj', shape: [F, D], bias },
    { name: 'mlp.up_proj', shape: [F, D], bias },
    { name: 'mlp.down_proj', shape: [D, F], bias },
  ];
}

/** A norm over the hidden state. */
export function hiddenNorm({ hiddenSize }: DecoderConfig, name: string): LayerModule {
  return { name, shape: [hiddenSize] };
}

/** Norms over every query's and key's head. */
export function headNorms({ headDim }: DecoderConfig): LayerModule[] {
  return ['q_norm', 'k_norm'].map((name) => ({ name: `self_attn.${name}`, shape: [headDim] }));
}

/** The modules of a pre-norm block as Llama has it. */
export function gatedBlockModules(config: DecoderConfig, biases: GatedBiases = {}): LayerModule[] {
  return [
    hiddenNorm(config, 'input_layernorm'),
    ...attentionModules(config, 'o_proj', biases),
    hiddenNorm(config, 'post_attention_layernorm'),
    ...gatedMlpModules(config, biases.mlp),
  ];
}
