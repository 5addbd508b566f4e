import { z } from 'zod';
import { commonFields, readCommon } from '../common-fields.ts';
import { configFormat, invalidConfig } from '../config-format.ts';
import { readSwitchedWindows, windowFields, writeWindows } from '../layer-windows.ts';

const schema = z.looseObject({
  ...commonFields({
    maxPositionEmbeddings: 32_768,
    tieWordEmbeddings: true,
    bosTokenId: 128_000,
    eosTokenId: 128_001,
  }),
  ...windowFields,
  use_sliding_window: z.boolean().default(false),
  // 1 where a layer has RoPE.
  no_rope_layers: z.array(z.union([z.literal(0), z.literal(1)])).nullish(),
  no_rope_layer_interval: z.int().min(1).default(4),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  hidden_act: z.literal('silu').default('silu'),
});
type Fields = z.output<typeof schema>;

/** SmolLM3Config of transformers. */
export const smollm3Format = configFormat({
  modelType: 'smollm3',
  className: 'SmolLM3',
  activation: 'silu',
  schema,
  read(raw) {
    const nopeLayers = readNopeLayers(raw);
    return {
      ...readCommon(raw, { theta: 2_000_000 }),
      ...(nopeLayers.length > 0 ? { nopeLayers } : {}),
      ...readSwitchedWindows(raw, (layer) => nopeLayers.includes(layer)),
      attentionBias: raw.attention_bias,
      mlpBias: raw.mlp_bias,
    };
  },
  write: (config) => ({
    attention_bias: config.attentionBias,
    mlp_bias: config.mlpBias,
    no_rope_layers: layersOf(config.numHiddenLayers).map((layer) =>
      config.nopeLayers?.includes(layer) === true ? 0 : 1,
    ),
    use_sliding_window: config.layerWindows !== undefined,
    ...writeWindows(config),
  }),
});

function readNopeLayers({
  num_hidden_layers,
  no_rope_layers: rope,
  no_rope_layer_interval,
}: Fields): number[] {
  if (rope && rope.length < num_hidden_layers) {
    const description = `names ${rope.length} layers, num_hidden_layers is ${num_hidden_layers}`;
    throw invalidConfig('no_rope_layers', description);
  }
  return layersOf(num_hidden_layers).filter((layer) =>
    rope ? rope[layer] === 0 : (layer + 1) % no_rope_layer_interval === 0,
  );
}

function layersOf(count: number): number[] {
  return Array.from({ length: count }, (_, layer) => layer);
}
