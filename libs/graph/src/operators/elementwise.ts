import type { DType } from '../dtype.ts';
import { isFloat } from '../dtype.ts';
import type { Value } from '../graph.ts';
import type { Shape } from '../shape.ts';
import { broadcastShapes, sameShape } from '../shape.ts';
import type { Operand } from './operand.ts';
import { applySingle, requireSameDType, resolveOperands, scalarOf } from './operand.ts';

/** a + b, broadcast. @throws ShapeError */
export function add(a: Operand, b: Operand): Value {
  return binary('Add', a, b);
}

/** a - b, broadcast. @throws ShapeError */
export function sub(a: Operand, b: Operand): Value {
  return binary('Sub', a, b);
}

/** a * b, broadcast. @throws ShapeError */
export function mul(a: Operand, b: Operand): Value {
  return binary('Mul', a, b);
}

/** a / b, broadcast; truncated for integers. @throws ShapeError */
export function div(a: Operand, b: Operand): Value {
  return binary('Div', a, b);
}

/** The smaller of a and b, broadcast; at a tie each gets half of the gradient. @throws ShapeError */
export function minimum(a: Operand, b: Operand): Value {
  return binary('Min', a, b);
}

/** The larger of a and b, broadcast; at a tie each gets half of the gradient. @throws ShapeError */
export function maximum(a: Operand, b: Operand): Value {
  return binary('Max', a, b);
}

/** x ^ exponent for a constant exponent. */
export function pow(x: Value, exponent: number): Value {
  if (exponent === 1) return x;
  if (exponent === 2) return mul(x, x);
  return binary('Pow', x, exponent);
}

/** The sum of any number of values, broadcast; one node. @throws ShapeError; TypeError on an empty list */
export function addAll(values: readonly Value[]): Value {
  const [first, second] = values;
  if (first === undefined) throw new TypeError('addAll needs a value');
  if (second === undefined) return first;
  if (values.length === 2) return add(first, second);
  requireSameDType('Sum', ...values);
  const shape = broadcastShapes('Sum', ...values.map((value) => value.shape));
  const inputs = skipExpansions('Sum', shape, values);
  return applySingle(first.graph, { type: 'Sum', inputs, outputs: [{ dtype: first.dtype, shape }] });
}

/** -x */
export function neg(x: Value): Value {
  const producer = x.graph.producerOf(x);
  return producer?.type === 'Neg' && producer.inputs[0] !== undefined ? producer.inputs[0] : unary('Neg', x);
}

/** e^x */
export function exp(x: Value): Value {
  return unary('Exp', x);
}

/** Natural logarithm. */
export function log(x: Value): Value {
  return unary('Log', x);
}

/** Square root. */
export function sqrt(x: Value): Value {
  return unary('Sqrt', x);
}

/** 1 / x */
export function reciprocal(x: Value): Value {
  return unary('Reciprocal', x);
}

/** |x|; the gradient at 0 is 0. */
export function abs(x: Value): Value {
  return unary('Abs', x);
}

/** -1, 0 or 1; no gradient. */
export function sign(x: Value): Value {
  return unary('Sign', x);
}

/** The largest integer not above x; no gradient. */
export function floor(x: Value): Value {
  return unary('Floor', x);
}

/** Hyperbolic tangent. */
export function tanh(x: Value): Value {
  return unary('Tanh', x);
}

/** 1 / (1 + e^-x) */
export function sigmoid(x: Value): Value {
  return unary('Sigmoid', x);
}

/** Gauss' error function. */
export function erf(x: Value): Value {
  return unary('Erf', x);
}

/** Cosine of radians. */
export function cos(x: Value): Value {
  return unary('Cos', x);
}

/** Sine of radians. */
export function sin(x: Value): Value {
  return unary('Sin', x);
}

/** log(1 + e^x), finite for every finite x. */
export function softplus(x: Value): Value {
  return unary('Softplus', x);
}

/** condition ? a : b, broadcast; `condition` is bool. @throws ShapeError */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const [x, y] = resolveOperands('Where', a, b);
  const shape = broadcastShapes('Where', condition.shape, x.shape, y.shape);
  return applySingle(x.graph, {
    type: 'Where',
    inputs: [condition, x, y],
    outputs: [{ dtype: x.dtype, shape }],
  });
}

/** a == b as bool, broadcast. @throws ShapeError */
export function equal(a: Operand, b: Operand): Value {
  return binary('Equal', a, b, 'bool');
}

/** a < b as bool, broadcast. @throws ShapeError */
export function less(a: Operand, b: Operand): Value {
  return binary('Less', a, b, 'bool');
}

/** a <= b as bool, broadcast. @throws ShapeError */
export function lessOrEqual(a: Operand, b: Operand): Value {
  return binary('LessOrEqual', a, b, 'bool');
}

/** a > b as bool, broadcast. @throws ShapeError */
export function greater(a: Operand, b: Operand): Value {
  return binary('Greater', a, b, 'bool');
}

/** a >= b as bool, broadcast. @throws ShapeError */
export function greaterOrEqual(a: Operand, b: Operand): Value {
  return binary('GreaterOrEqual', a, b, 'bool');
}

/** a and b, both bool, broadcast. @throws ShapeError */
export function logicalAnd(a: Value, b: Value): Value {
  return binary('And', a, b, 'bool');
}

/** a or b, both bool, broadcast. @throws ShapeError */
export function logicalOr(a: Value, b: Value): Value {
  return binary('Or', a, b, 'bool');
}

/** not x, bool. */
export function logicalNot(x: Value): Value {
  return unary('Not', x);
}

/** Whether x is not a number, as bool. */
export function isNaN(x: Value): Value {
  return applySingle(x.graph, { type: 'IsNaN', inputs: [x], outputs: [{ dtype: 'bool', shape: x.shape }] });
}

function unary(type: string, x: Value): Value {
  return applySingle(x.graph, { type, inputs: [x], outputs: [{ dtype: x.dtype, shape: x.shape }] });
}

function binary(type: string, a: Operand, b: Operand, dtype?: DType): Value {
  const [x, y] = resolveOperands(type, a, b);
  const shape = broadcastShapes(type, x.shape, y.shape);
  const folded = dtype === undefined ? fold(type, x, y) : undefined;
  if (folded !== undefined) return folded;
  const inputs = skipExpansions(type, shape, [x, y]);
  return applySingle(x.graph, { type, inputs, outputs: [{ dtype: dtype ?? x.dtype, shape }] });
}

/** Arithmetic on stored scalars, and operands that change nothing. */
function fold(type: string, x: Value, y: Value): Value | undefined {
  const left = scalarOf(x);
  const right = scalarOf(y);
  if (left !== undefined && right !== undefined && isFloat(x.dtype)) {
    const result = SCALAR_ARITHMETIC[type]?.(left, right);
    return result === undefined ? undefined : x.graph.scalar(result, x.dtype);
  }
  if (right === RIGHT_NEUTRAL[type]) return right === undefined ? undefined : x;
  if ((type === 'Add' && left === 0) || (type === 'Mul' && left === 1)) return y;
  return undefined;
}

const RIGHT_NEUTRAL: Readonly<Record<string, number>> = { Add: 0, Sub: 0, Mul: 1, Div: 1, Pow: 1 };

const SCALAR_ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

/** Reads through an Expand whose stretching the operator's own broadcasting does as well. */
function skipExpansions(type: string, shape: Shape, inputs: readonly Value[]): readonly Value[] {
  const result = [...inputs];
  inputs.forEach((input, index) => {
    const producer = input.graph.producerOf(input);
    const source = producer?.type === 'Expand' ? producer.inputs[0] : undefined;
    if (source === undefined) return;
    const others = result.map((other, otherIndex) => (otherIndex === index ? source.shape : other.shape));
    if (sameShape(broadcastShapes(type, ...others), shape)) result[index] = source;
  });
  return result;
}
