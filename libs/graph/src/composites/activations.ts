import { text } from '../attribute.ts';
import type { Value } from '../graph.ts';
import { mark } from '../operators/convert.ts';
import * as op from '../operators/elementwise.ts';
import { applySingle } from '../operators/operand.ts';

/** x sigmoid(x) */
export function silu(x: Value): Value {
  return mark('Silu', op.mul(x, op.sigmoid(x)), [x]);
}

/** GELU in its tanh form, as GPT-2, Phi and Gemma have it: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
export function geluNew(x: Value): Value {
  return geluOf(x, 'tanh');
}

/** Exact GELU: x/2 (1 + erf(x / sqrt 2)). */
export function gelu(x: Value): Value {
  return geluOf(x, 'none');
}

/** log(sigmoid(x)), finite for every finite x. */
export function logSigmoid(x: Value): Value {
  return op.neg(op.softplus(op.neg(x)));
}

/** Largest argument of {@link log1mExp} distinguishable from 0: one ulp of float32 below 1. */
const LOG1M_EXP_CEILING = -(2 ** -23);

/**
 * log(1 - e^x) for x <= 0, in full precision near 0 and finite for all x: arguments above -2^-23, that is p = e^x within
 * float32's rounding of 1, count as -2^-23 and have no gradient.
 */
export function log1mExp(x: Value): Value {
  const clamped = op.minimum(x, LOG1M_EXP_CEILING);
  return mark('Log1mExp', op.log(op.neg(expm1(clamped))), [clamped]);
}

/** e^x - 1 = tanh(x/2) (e^x + 1), which does not cancel near 0. */
export function expm1(x: Value): Value {
  return op.mul(op.tanh(op.mul(x, 0.5)), op.add(op.exp(x), 1));
}

function geluOf(x: Value, approximate: 'none' | 'tanh'): Value {
  const attributes = { approximate: text(approximate) };
  return applySingle(x.graph, {
    type: 'Gelu',
    inputs: [x],
    attributes,
    outputs: [{ dtype: x.dtype, shape: x.shape }],
  });
}
