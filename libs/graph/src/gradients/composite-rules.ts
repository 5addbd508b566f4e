import { readNumber, readText } from '../attribute.ts';
import { expm1 } from '../composites/activations.ts';
import { rotaryEmbedding } from '../composites/rotary-embedding.ts';
import type { Value } from '../graph.ts';
import { cast } from '../operators/convert.ts';
import { add, div, erf, exp, mul, neg, sigmoid, sub, tanh } from '../operators/elementwise.ts';
import { scatterAdd } from '../operators/indexing.ts';
import { unsqueeze } from '../operators/layout.ts';
import { logSoftmax, reduceMean } from '../operators/reduction.ts';
import type { GradientRule, RuleContext } from './rule.ts';

/**
 * Rules of fused operators and of composites whose derivative is shorter, or safer, than their parts'. The first input of a
 * composite is its value.
 */
export const COMPOSITE_RULES: Readonly<Record<string, GradientRule>> = {
  // s + y (1 - s), s = sigmoid(x)
  Silu: ({ a, b, g }) => [undefined, mul(g, add(sigmoid(b), mul(a, sub(1, sigmoid(b)))))],
  Gelu: ({ a, g, attributes }) => [
    mul(g, readText(attributes, 'approximate', 'none') === 'tanh' ? tanhGelu(a) : exactGelu(a)),
  ],
  // e^x / (e^x - 1)
  Log1mExp: ({ b, g }) => [undefined, mul(g, div(exp(b), expm1(b)))],
  RmsNorm: rmsNormCotangents,
  LayerNorm: layerNormCotangents,
  SelectedLogProbs: selectedCotangents,
  // A rotation's transpose is the rotation back.
  RotaryEmbedding: ({ b, c, d, g, attributes }) => [
    rotaryEmbedding(g, {
      positionIds: b,
      cos: c,
      sin: neg(d),
      rotaryDim: readNumber(attributes, 'rotary_embedding_dim', 0),
      numHeads: readNumber(attributes, 'num_heads', 0),
    }),
  ],
};

/** With n = x r, r = 1/rms: dx = r (g w - n mean(g w n)), dw = g n. */
function rmsNormCotangents({ b: x, c: gain, d: scale, g }: RuleContext): readonly (Value | undefined)[] {
  const r = cast(scale, x.dtype);
  const normed = mul(x, r);
  const dGain = mul(g, normed);
  const mean = reduceMean(mul(dGain, gain), [-1], true);
  const dx = mul(r, sub(mul(g, gain), mul(normed, mean)));
  return [undefined, dx, dGain];
}

/** With n = (x - mean) r: dx = r (g w - mean(g w) - n mean(g w n)), dw = g n, db = g. */
function layerNormCotangents({ node, b: x, c: gain, g }: RuleContext): readonly (Value | undefined)[] {
  const [mean, scale] = node.inputs.slice(4);
  if (mean === undefined || scale === undefined) throw new TypeError('LayerNorm keeps its mean and scale');
  const r = cast(scale, x.dtype);
  const normed = mul(sub(x, cast(mean, x.dtype)), r);
  const dGain = mul(g, normed);
  const dNormed = mul(g, gain);
  const along = mul(normed, reduceMean(mul(dGain, gain), [-1], true));
  const dx = mul(r, sub(sub(dNormed, reduceMean(dNormed, [-1], true)), along));
  return [undefined, dx, dGain, g];
}

/** d log p(id) / dlogits = onehot(id) - p */
function selectedCotangents({ b: logits, c: ids, g }: RuleContext): readonly (Value | undefined)[] {
  const column = unsqueeze(g, [-1]);
  const others = mul(exp(logSoftmax(logits)), neg(column));
  return [undefined, scatterAdd(others, unsqueeze(ids, [-1]), column, -1)];
}

/** Phi(x) + x phi(x) */
function exactGelu(x: Value): Value {
  const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(cumulative, mul(x, density));
}

/** (1 + t)/2 + x/2 (1 - t^2) u', with t = tanh(u), u = c (x + k x^3) */
function tanhGelu(x: Value): Value {
  const c = Math.sqrt(2 / Math.PI);
  const squared = mul(x, x);
  const t = tanh(mul(x, add(mul(squared, c * 0.044715), c)));
  const slope = add(mul(squared, c * 3 * 0.044715), c);
  return mul(0.5, add(add(t, 1), mul(mul(x, slope), sub(1, mul(t, t)))));
}
