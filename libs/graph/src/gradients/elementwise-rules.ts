import { isFloat } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { assumeShape, cast } from '../operators/convert.ts';
import * as op from '../operators/elementwise.ts';
import { scalarOf } from '../operators/operand.ts';
import type { GradientRule } from './rule.ts';

const { cos, div, equal, exp, greater, less, mul, neg, pow, sigmoid, sign, sin, sub, where } = op;

const noGradient: GradientRule = () => [];

/** Rules of operators that work element by element. */
export const ELEMENTWISE_RULES: Readonly<Record<string, GradientRule>> = {
  Add: ({ g }) => [g, g],
  Sub: ({ g }) => [g, neg(g)],
  Mul: ({ a, b, g }) => [mul(g, b), mul(g, a)],
  // d(a/b)/db = -y/b
  Div: ({ b, y, g }) => [div(g, b), neg(div(mul(g, y), b))],
  Sum: ({ node, g }) => node.inputs.map(() => g),
  // d max(a, b)/da = [a > b] + [a = b]/2
  Max: ({ a, b, g }) => [share(g, greater(a, b), equal(a, b)), share(g, less(a, b), equal(a, b))],
  Min: ({ a, b, g }) => [share(g, less(a, b), equal(a, b)), share(g, greater(a, b), equal(a, b))],
  // d a^k/da = k a^(k-1)
  Pow: ({ a, b, g }) => [mul(g, mul(pow(a, constantExponent(b) - 1), constantExponent(b)))],
  Neg: ({ g }) => [neg(g)],
  Exp: ({ y, g }) => [mul(g, y)],
  Log: ({ a, g }) => [div(g, a)],
  // d sqrt(a)/da = 1/(2y)
  Sqrt: ({ y, g }) => [div(mul(g, 0.5), y)],
  // d(1/a)/da = -y^2
  Reciprocal: ({ y, g }) => [neg(mul(g, mul(y, y)))],
  Abs: ({ a, g }) => [mul(g, sign(a))],
  Sign: noGradient,
  Floor: noGradient,
  // 1 - y^2
  Tanh: ({ y, g }) => [mul(g, sub(1, mul(y, y)))],
  // y (1 - y)
  Sigmoid: ({ y, g }) => [mul(g, mul(y, sub(1, y)))],
  // 2/sqrt(pi) e^(-a^2)
  Erf: ({ a, g }) => [mul(g, mul(exp(neg(mul(a, a))), 2 / Math.sqrt(Math.PI)))],
  Cos: ({ a, g }) => [neg(mul(g, sin(a)))],
  Sin: ({ a, g }) => [mul(g, cos(a))],
  Softplus: ({ a, g }) => [mul(g, sigmoid(a))],
  Where: ({ a, g }) => [undefined, where(a, g, 0), where(a, 0, g)],
  Cast: ({ a, g }) => [isFloat(a.dtype) ? cast(g, a.dtype) : undefined],
  AssumeShape: ({ a, g }) => [assumeShape(g, a.shape)],
};

/** g where strict, half of it at a tie, else 0. */
function share(g: Value, strict: Value, tie: Value): Value {
  return where(tie, mul(g, 0.5), where(strict, g, 0));
}

function constantExponent(exponent: Value): number {
  const value = scalarOf(exponent);
  if (value === undefined) throw new TypeError('pow has a gradient for a constant exponent only');
  return value;
}
