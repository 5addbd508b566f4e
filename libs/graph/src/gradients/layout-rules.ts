import type { Attributes } from '../attribute.ts';
import { readInts, readNumber, readText } from '../attribute.ts';
import type { Dim } from '../dimension.ts';
import { addDims, canonicalDim, subtractDims } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { fill, trilu } from '../operators/indexing.ts';
import { concat, padAxis, slice, split } from '../operators/joining.ts';
import { reshape, transpose } from '../operators/layout.ts';
import { scalarOf } from '../operators/operand.ts';
import { dimAt } from '../shape.ts';
import type { GradientRule, RuleContext } from './rule.ts';

/** Rules of operators that rearrange, join and cut tensors. */
export const LAYOUT_RULES: Readonly<Record<string, GradientRule>> = {
  Transpose: ({ g, attributes }) => [transpose(g, inverse(readInts(attributes, 'perm') ?? []))],
  Reshape: ({ a, g }) => [reshape(g, a.shape)],
  Unsqueeze: ({ a, g }) => [reshape(g, a.shape)],
  Squeeze: ({ a, g }) => [reshape(g, a.shape)],
  // The caller sums the stretched axes of the cotangent.
  Expand: ({ g }) => [g],
  Concat: ({ node, g, attributes }) => splitLike(g, node.inputs, readNumber(attributes, 'axis', 0)),
  Split: (context) => [concat(cotangentsOrZeros(context), readNumber(context.attributes, 'axis', 0))],
  SliceAxis: ({ a, b, g, attributes }) => {
    const { axis, at: start } = axisAndStart(attributes);
    const after = subtractDims(subtractDims(dimAt(b.shape, axis), start), dimAt(a.shape, axis));
    return [undefined, padAxis(g, axis, [start, after])];
  },
  PadAxis: ({ b, g, attributes }) => {
    const { axis, at: before } = axisAndStart(attributes);
    return [undefined, slice(g, { axis, start: before, end: addDims(before, dimAt(b.shape, axis)) })];
  },
  Trilu: ({ b, g, attributes }) => [
    trilu(g, { upper: readNumber(attributes, 'upper', 1) === 1, k: scalarOf(b) ?? 0 }),
  ],
};

function inverse(perm: readonly number[]): number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}

function splitLike(g: Value, parts: readonly (Value | undefined)[], axis: number): readonly Value[] {
  return split(
    g,
    axis,
    parts.map((part) => (part === undefined ? 0 : dimAt(part.shape, axis))),
  );
}

function cotangentsOrZeros({ node, cotangents }: RuleContext): Value[] {
  return node.outputs.map(
    (output, index) => cotangents[index] ?? fill(output.graph, output.dtype, output.shape, 0),
  );
}

function axisAndStart(attributes: Attributes): { axis: number; at: Dim } {
  return { axis: readNumber(attributes, 'axis', 0), at: canonicalDim(readText(attributes, 'at', '0')) };
}
