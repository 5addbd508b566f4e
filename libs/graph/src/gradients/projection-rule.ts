import { readNumber } from '../attribute.ts';
import { pieceLogits, pieces, timesCapSlope } from '../composites/projected-log-probs.ts';
import type { Value } from '../graph.ts';
import { add, exp, mul, sub } from '../operators/elementwise.ts';
import { concat } from '../operators/joining.ts';
import { reshape } from '../operators/layout.ts';
import { matMul } from '../operators/mat-mul.ts';
import type { GradientRule, RuleContext } from './rule.ts';

/** Rule of the log-sum-exp of a projection that is worked through piece by piece. */
export const PROJECTION_RULES: Readonly<Record<string, GradientRule>> = {
  ProjectedLogSumExp: projectedCotangents,
  // y [N, 1] whose slopes by the rows of x [N, D] are known.
  RowSlopes: ({ c: slopes, g }) => [undefined, mul(slopes, g)],
};

/** Per piece, with p = softmax(logits) and d = p dlogits/draw: dx += g d W, dW = d^T (g x), db = d^T g; g [N, 1]. */
function projectedCotangents({ a, b: x, g, node, wants, attributes }: RuleContext): (Value | undefined)[] {
  const [weight, bias] = node.inputs.slice(2);
  if (weight === undefined) throw new TypeError('a projection has a weight');
  const cap = readNumber(attributes, 'softcap', 0);
  const softcap = cap === 0 ? undefined : cap;
  const scaled = mul(x, g);
  const found = { weight: [] as Value[], bias: [] as Value[] };
  let dx: Value | undefined;
  let earlier: readonly Value[] = [g];
  for (const part of pieces(weight, readNumber(attributes, 'piece', 1))) {
    const { logits, rows } = pieceLogits(x, { weight, bias, softcap }, { ...part, earlier });
    const d = timesCapSlope(exp(sub(logits, a)), logits, softcap);
    const own = matMul(d, rows);
    dx = dx === undefined ? own : add(dx, own);
    const others: Value[] = [];
    if (wants(weight)) others.push(keep(found.weight, matMul(d, scaled, { transposeA: true })));
    if (wants(bias)) others.push(keep(found.bias, reshape(matMul(d, g, { transposeA: true }), [-1])));
    earlier = [dx, ...others];
  }
  const joined = (parts: readonly Value[]) => (parts.length === 0 ? undefined : concat(parts, 0));
  return [undefined, dx === undefined ? undefined : mul(dx, g), joined(found.weight), joined(found.bias)];
}

function keep(list: Value[], value: Value): Value {
  list.push(value);
  return value;
}
