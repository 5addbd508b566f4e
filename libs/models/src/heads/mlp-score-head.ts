import { linear, maximum, type Value } from '@sipf/graph';
import type { DecoderConfig, MlpScoreHead } from '../config/decoder-config.ts';
import type { ParameterSource } from '../families/parameter-source.ts';
import { onRows } from './lm-head.ts';
import { verifierHead } from './token-classification-head.ts';

/** Shapes of the head's tensors under the names that Qwen2.5-Math-PRM gives them. */
export function mlpScoreShapes(
  { hiddenSize: D }: DecoderConfig,
  { numLabels }: MlpScoreHead,
): Map<string, readonly number[]> {
  return new Map<string, readonly number[]>([
    ['score.0.weight', [D, D]],
    ['score.0.bias', [D]],
    ['score.2.weight', [numLabels, D]],
    ['score.2.bias', [numLabels]],
  ]);
}

/** W_2 relu(W_0 h + b_0) + b_2 at every token: logits [B, T, numLabels] of `hidden` [B, T, D]. */
export function mlpScoreHead(config: DecoderConfig, parameters: ParameterSource, hidden: Value): Value {
  const { hiddenSize: D } = config;
  const { numLabels } = verifierHead(config);
  const layer = (name: string, rows: number) => ({
    weight: parameters.parameter(`${name}.weight`, [rows, D]),
    bias: parameters.parameter(`${name}.bias`, [rows]),
  });
  const [inner, outer] = [layer('score.0', D), layer('score.2', numLabels)];
  return onRows(hidden, (rows) =>
    linear(maximum(linear(rows, inner.weight, inner.bias), 0), outer.weight, outer.bias),
  );
}
