import { type Dim, linear, multiplyDims, type Projection, reshape, type Value } from '@sipf/graph';
import type { DecoderConfig } from '../config/decoder-config.ts';
import { softcap } from '../families/attention.ts';
import type { ParameterSource } from '../families/decoder-family.ts';

/** Logits of the next token, [..., V]; `hidden` is [..., D]. Tied models use the embedding's transpose. */
export function lmHead(config: DecoderConfig, parameters: ParameterSource, hidden: Value): Value {
  const projection = lmProjection(config, parameters);
  return softcap(
    onRows(hidden, (rows) => linear(rows, projection.weight, projection.bias)),
    projection.softcap,
  );
}

/** The LM head's tensors and cap, to be applied otherwise than at once. */
export function lmProjection(config: DecoderConfig, parameters: ParameterSource): Projection {
  const { vocabSize: V, hiddenSize: D, tieWordEmbeddings } = config;
  const weight = parameters.parameter(tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight', [
    V,
    D,
  ]);
  const bias = config.lmHeadBias === true ? parameters.parameter('lm_head.bias', [V]) : undefined;
  return { weight, bias, softcap: config.finalLogitSoftcapping };
}

/** Applies a map of rows [N, in] -> [N, out] to a tensor [..., in]. */
export function onRows(x: Value, map: (rows: Value) => Value): Value {
  const outer = x.shape.slice(0, -1);
  if (outer.length === 1) return map(x);
  const rows = reshape(x, [outer.reduce<Dim>(multiplyDims, 1), x.shape.at(-1) as Dim]);
  const result = map(rows);
  return reshape(result, [...outer, result.shape[1] as Dim]);
}
