import { readNumber } from '../attribute.ts';
import { elementCount } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { reshape } from '../operators/layout.ts';
import { matMul } from '../operators/mat-mul.ts';
import { dimAt } from '../shape.ts';
import type { GradientRule, RuleContext } from './rule.ts';

/** Rules of matrix products: with C = s op(A) op(B), every factor's cotangent is again one product, without transposes. */
export const MAT_MUL_RULES: Readonly<Record<string, GradientRule>> = {
  MatMul: productCotangents,
  FusedMatMul: productCotangents,
};

function productCotangents({ a, b, g, attributes }: RuleContext): [Value, Value] {
  const transA = readNumber(attributes, 'transA', 0) === 1;
  const transB = readNumber(attributes, 'transB', 0) === 1;
  const alpha = readNumber(attributes, 'alpha', 1);
  // dA = s g op(B)^T, or its transpose where A is read transposed.
  const da = transA
    ? matMul(b, g, { transposeA: transB, transposeB: true, alpha })
    : matMul(g, b, { transposeB: !transB, alpha });
  // A matrix shared by all leading axes: they are rows of one product instead of a sum over products.
  const rows = b.shape.length === 2 && a.shape.length > 2 && !transA;
  const left = rows ? flattenRows(a) : a;
  const right = rows ? flattenRows(g) : g;
  // dB = s op(A)^T g, or its transpose where B is read transposed.
  const db = transB
    ? matMul(right, left, { transposeA: true, transposeB: transA, alpha })
    : matMul(left, right, { transposeA: !transA, alpha });
  return [da, db];
}

/** [..., M, K] -> [rows, K] */
function flattenRows(x: Value): Value {
  return reshape(x, [elementCount(x.shape.slice(0, -1)), dimAt(x.shape, x.shape.length - 1)]);
}
