import { add, type Dim, linear, multiplyDims, type Projection, reshape, type Value } from '@sipf/graph';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { softcap } from '../families/attention.ts';
import type { ParameterSource } from '../families/parameter-source.ts';

/** Logits of the next token, [..., V]; `hidden` is [..., D]. Tied models use the embedding's transpose. */
export function lmHead(config: DecoderConfig, parameters: ParameterSource, hidden: Value): Value {
  return softcap(
    onRows(hidden, (rows) => project(config, parameters, rows)),
    config.finalLogitSoftcapping,
  );
}

/** rows [N, D] -> [N, V] */
function project(config: DecoderConfig, parameters: ParameterSource, rows: Value): Value {
  const product = parameters.product?.('lm_head', rows);
  if (product === undefined) {
    const { weight, bias } = lmProjection(config, parameters);
    return linear(rows, weight, bias);
  }
  const bias = lmBias(config, parameters);
  return bias === undefined ? product : add(product, bias);
}

/** Name of the LM head's matrix; of a tied model it is that of the embeddings. */
export function lmHeadWeight({ tieWordEmbeddings }: Pick<DecoderConfig, 'tieWordEmbeddings'>): string {
  return tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
}

/** The LM head's tensors and cap, to be applied otherwise than at once. */
export function lmProjection(config: DecoderConfig, parameters: ParameterSource): Projection {
  const { vocabSize: V, hiddenSize: D } = config;
  const weight = parameters.parameter(lmHeadWeight(config), [V, D]);
  return { weight, bias: lmBias(config, parameters), softcap: config.finalLogitSoftcapping };
}

function lmBias(config: DecoderConfig, parameters: ParameterSource): Value | undefined {
  return config.lmHeadBias === true ? parameters.parameter('lm_head.bias', [config.vocabSize]) : undefined;
}

/** Applies a map of rows [N, in] -> [N, out] to a tensor [..., in]. */
export function onRows(x: Value, map: (rows: Value) => Value): Value {
  const outer = x.shape.slice(0, -1);
  if (outer.length === 1) return map(x);
  const rows = reshape(x, [outer.reduce<Dim>(multiplyDims, 1), x.shape.at(-1) as Dim]);
  const result = map(rows);
  return reshape(result, [...outer, result.shape[1] as Dim]);
}
