import { float, int } from '../attribute.ts';
import type { OperatorCall, Value } from '../graph.ts';
import { mark } from '../operators/convert.ts';
import { requireSameDType } from '../operators/operand.ts';
import { ShapeError } from '../shape-error.ts';
import { sameShape } from '../shape.ts';

/**
 * x / sqrt(mean(x^2) + epsilon) * gain over the last axis; one operator.
 * @param x [..., D] @param gain [D]
 * @throws ShapeError
 */
export function rmsNorm(x: Value, gain: Value, epsilon: number): Value {
  requireRow('rmsNorm', x, gain);
  const [y, scale] = normalise('SimplifiedLayerNormalization', [x, gain], epsilon);
  return mark('RmsNorm', y, [x, gain, scale]);
}

/**
 * (x - mean(x)) / sqrt(variance(x) + epsilon) * gain + bias over the last axis; one operator.
 * @param x [..., D] @param gain [D] @param bias [D]
 * @throws ShapeError
 */
export function layerNorm(x: Value, gain: Value, bias: Value, epsilon: number): Value {
  requireRow('layerNorm', x, gain);
  requireRow('layerNorm', x, bias);
  const [y, mean, scale] = normalise('LayerNormalization', [x, gain, bias], epsilon);
  return mark('LayerNorm', y, [x, gain, bias, mean, scale]);
}

function requireRow(name: string, x: Value, row: Value): void {
  requireSameDType(name, x, row);
  if (x.shape.length === 0 || !sameShape(x.shape.slice(-1), row.shape)) {
    throw new ShapeError(name, [x.shape, row.shape], 'gain and bias have the size of the last axis');
  }
}

/** Outputs y, then per row what the type has of mean and 1/standard deviation, float32 [..., 1]. */
function normalise(
  type: string,
  inputs: readonly [Value, ...Value[]],
  epsilon: number,
): [Value, Value, Value] {
  const [x] = inputs;
  const row = { dtype: 'float32' as const, shape: [...x.shape.slice(0, -1), 1] };
  const outputs: OperatorCall['outputs'][number][] = [{ dtype: x.dtype, shape: x.shape }, row];
  if (type === 'LayerNormalization') outputs.push(row);
  const attributes = { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) };
  const [y, first, second] = x.graph.apply({ type, inputs, attributes, outputs });
  if (y === undefined || first === undefined) throw new TypeError(`${type} has two outputs or three`);
  return [y, first, second ?? first];
}
