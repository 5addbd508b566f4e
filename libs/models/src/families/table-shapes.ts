import type { DecoderConfig } from '../config/decoder-config.ts';
import type { DecoderFamily } from './decoder-family.ts';
import { isLinear, layerPrefix, type LayerModule, type LinearShape } from './module-table.ts';

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
