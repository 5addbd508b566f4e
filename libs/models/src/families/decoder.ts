import { cast, checkpoint, gather, mul, reshape, type Value } from '@sipf/graph';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { windowedBias } from './attention-window.ts';
import type { DecoderFamily } from './decoder-family.ts';
import type { DecoderInputs, DecoderOutputs, KeyValue } from './decoder-inputs.ts';
import { batchAxes, type DecoderScope, normalise, tokenRows } from './layer-scope.ts';
import { layerPrefix } from './module-table.ts';
import type { ParameterSource } from './parameter-source.ts';
import { layerRotary } from './rotary.ts';

/**
 * Embedding, layers and final norm of any family. Activations are kept as [B * T, D], so that every projection and its
 * gradients are plain matrix products.
 */
export function forward(
  family: DecoderFamily,
  config: DecoderConfig,
  { parameters, inputs }: { readonly parameters: ParameterSource; readonly inputs: DecoderInputs },
): DecoderOutputs {
  const modules = new Map(family.modules(config).map((module) => [module.name, module]));
  const scope: DecoderScope = { config, norm: family.norm, parameters, inputs, modules };
  const rotary = layerRotary(config, inputs);
  let x = embed(scope, family);
  const present: KeyValue[] = [];
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const result = family.layer(
      {
        ...scope,
        prefix: layerPrefix(layer),
        rotary: rotary(layer),
        attentionBias: inputs.attention === undefined ? windowedBias(scope, layer) : inputs.attentionBias,
        past: inputs.past?.[layer],
        attention: inputs.attention?.(layer),
        wanted: layer === config.numHiddenLayers - 1 ? inputs.wanted : undefined,
      },
      x,
    );
    present.push(result.present);
    x = inputs.memory?.recomputeLayers === true ? checkpoint(x, result.output) : result.output;
  }
  const [U] = inputs.wanted?.shape ?? [];
  const axes = U === undefined ? batchAxes(scope) : [1, U];
  const hidden = reshape(normalise(scope, x, family.finalNorm), [...axes, config.hiddenSize]);
  return { hidden, present };
}

/** [B * T, D] */
function embed(scope: DecoderScope, family: DecoderFamily): Value {
  const { config, parameters, inputs } = scope;
  const name = 'model.embed_tokens.weight';
  const ids = reshape(inputs.inputIds, [tokenRows(scope)]);
  const rows =
    parameters.rows?.(name, ids) ??
    gather(parameters.parameter(name, [config.vocabSize, config.hiddenSize]), ids, 0);
  // A table may be kept in half precision.
  const x = cast(rows, 'float32');
  const scale = family.embeddingScale?.(config);
  return scale === undefined ? x : mul(x, scale);
}
