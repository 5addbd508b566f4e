import { readInts, readNumber } from '../attribute.ts';
import { elementCount } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { cast } from '../operators/convert.ts';
import { div, equal, exp, mul, sub } from '../operators/elementwise.ts';
import { reshape } from '../operators/layout.ts';
import { scalarOf } from '../operators/operand.ts';
import { cumSum, reduceSum } from '../operators/reduction.ts';
import { dimensionScalar } from '../operators/run-time-shape.ts';
import { dimAt } from '../shape.ts';
import type { GradientRule, RuleContext } from './rule.ts';

/** Rules of reductions and normalised exponentials. */
export const REDUCTION_RULES: Readonly<Record<string, GradientRule>> = {
  ReduceSum: (context) => [keepAxes(context, context.g)],
  ReduceMean: (context) => [keepAxes(context, div(context.g, reducedCount(context)))],
  // Equal extremes share the cotangent.
  ReduceMax: (context) => [extremeCotangent(context)],
  ReduceMin: (context) => [extremeCotangent(context)],
  ReduceSumSquare: (context) => [mul(context.a, keepAxes(context, mul(context.g, 2)))],
  // y (g - sum(g y))
  Softmax: ({ y, g, attributes }) => [mul(y, sub(g, reduceSum(mul(g, y), axisOf(attributes), true)))],
  // g - e^y sum(g)
  LogSoftmax: ({ y, g, attributes }) => [sub(g, mul(exp(y), reduceSum(g, axisOf(attributes), true)))],
  CumSum: ({ b, g, attributes }) => [
    cumSum(g, scalarOf(b) ?? 0, {
      exclusive: readNumber(attributes, 'exclusive', 0) === 1,
      reverse: readNumber(attributes, 'reverse', 0) === 0,
    }),
  ],
};

function axisOf(attributes: RuleContext['attributes']): readonly number[] {
  return readInts(attributes, 'axis') ?? [-1];
}

function reducedAxes({ a, b }: RuleContext): number[] {
  return Array.from(a.graph.constantOf(b)?.data ?? [], Number);
}

/** A reduced tensor with its reduced axes put back as size 1. */
function keepAxes(context: RuleContext, reduced: Value): Value {
  const axes = reducedAxes(context);
  return reshape(
    reduced,
    context.a.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
  );
}

function reducedCount(context: RuleContext): Value | number {
  const { a } = context;
  const count = elementCount(reducedAxes(context).map((axis) => dimAt(a.shape, axis)));
  return typeof count === 'number' ? count : cast(dimensionScalar(a.graph, count), a.dtype);
}

function extremeCotangent(context: RuleContext): Value {
  const { a, y, g } = context;
  const ties = cast(equal(a, keepAxes(context, y)), a.dtype);
  return mul(
    ties,
    keepAxes(
      context,
      div(g, reduceSum(ties, reducedAxes(context), readNumber(context.attributes, 'keepdims', 1) === 1)),
    ),
  );
}
