import type { DecoderConfig } from '../config/decoder-config.ts';
import type { DecoderFamily } from './decoder-family.ts';

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

/** Shapes of the decoder's tensors without its head, by Hugging Face name, in the order they are used. */
export function tableShapes(family: DecoderFamily, config: DecoderConfig): Map<string, readonly number[]> {
  const { hiddenSize, vocabSize } = config;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [vocabSize, hiddenSize]]]);
  const normBias = family.norm === 'layer';
  const put = (module: LayerModule) => {
    shapes.set(`${module.name}.weight`, module.shape);
    const bias = isLinear(module) ? module.bias === true : normBias;
    if (bias) shapes.set(`${module.name}.bias`, [module.shape[0]]);
  };
  const modules = family.modules(config);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    for (const module of modules) put({ ...module, name: layerPrefix(layer) + module.name });
  }
  put({ name: family.finalNorm, shape: [hiddenSize] });
  return shapes;
}

/** Linear modules that an adapter may attach to and the [out, in] shape of each, without the head. */
export function tableLinears(family: DecoderFamily, config: DecoderConfig): Map<string, LinearShape> {
  const linears = family.modules(config).filter(isLinear);
  const layers = Array.from({ length: config.numHiddenLayers }, (_, layer) => layerPrefix(layer));
  return new Map(layers.flatMap((prefix) => linears.map(({ name, shape }) => [prefix + name, shape])));
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
