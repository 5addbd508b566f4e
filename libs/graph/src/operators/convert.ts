import type { Attributes } from '../attribute.ts';
import { int } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import type { DType } from '../dtype.ts';
import type { OperatorCall, Value } from '../graph.ts';
import { ALIAS_DOMAIN } from '../graph.ts';
import { ONNX_TYPES } from '../onnx/data-types.ts';
import { ShapeError } from '../shape-error.ts';
import { applySingle } from './operand.ts';

/** x in another element type. */
export function cast(x: Value, dtype: DType): Value {
  if (dtype === x.dtype) return x;
  const attributes = { to: int(ONNX_TYPES[dtype]) };
  return applySingle(x.graph, {
    type: 'Cast',
    inputs: [x],
    attributes,
    outputs: [{ dtype, shape: x.shape }],
  });
}

/** x itself, a constant to {@link gradients}. */
export function stopGradient(x: Value): Value {
  return mark('StopGradient', x, []);
}

/**
 * `value`, with the gradient rule of `type` from `inputs` instead of the rules of the nodes that compute it.
 * @param type a name in the rule table, where the rule's first input is `value`
 */
export function mark(
  type: string,
  value: Value,
  inputs: readonly Value[],
  attributes: Attributes = {},
): Value {
  const outputs = [{ dtype: value.dtype, shape: value.shape }];
  return applySingle(value.graph, {
    type,
    domain: ALIAS_DOMAIN,
    inputs: [value, ...inputs],
    attributes,
    outputs,
  });
}

/**
 * x with some dimensions renamed or bound to what the caller knows them to be; nothing is checked at run time.
 * @throws ShapeError when the ranks differ or two numbers do
 */
export function assumeShape(x: Value, shape: readonly Dim[]): Value {
  const clash = shape.some(
    (dim, axis) => typeof dim === 'number' && typeof x.shape[axis] === 'number' && dim !== x.shape[axis],
  );
  if (clash || shape.length !== x.shape.length)
    throw new ShapeError('assumeShape', [x.shape, shape], 'cannot be equal');
  return applySingle(x.graph, {
    type: 'AssumeShape',
    domain: ALIAS_DOMAIN,
    inputs: [x],
    outputs: [{ dtype: x.dtype, shape }],
  });
}

/**
 * Any operator by its ONNX name, e.g. a fused one of `com.microsoft`; forward only unless the rule table knows its type.
 * @returns its outputs, with the types and shapes that the caller states
 */
export function operator(call: OperatorCall): readonly Value[] {
  const owner = call.inputs.find((value) => value !== undefined);
  if (owner === undefined) throw new TypeError(`${call.type} needs an input; use graph.apply`);
  return owner.graph.apply(call);
}
