import { countOperators, createGraph, frozenLinear, gradients, reduceSum, tanh } from '@sipf/graph';
import { runGraph } from '@sipf/graph/testing';
import { createRng } from '@sipf/random';
import { describe, expect, it } from 'vitest';
import { QUANTISATIONS } from './quantise-blocks.ts';
import {
  dequantisedWeight,
  quantisedParts,
  quantiseWeight,
  roundTrip,
  type QuantisedKind,
} from './quantised-weight.ts';

const KINDS = QUANTISATIONS.filter((kind) => kind !== 'none');
const normals = (count: number, seed: string) => {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => rng.normal());
};

/** `count` sums over `terms` terms. */
function sums(count: number, terms: number, term: (index: number, of: number) => number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Array.from({ length: terms }, (__, of) => term(index, of)).reduce((sum, value) => sum + value, 0),
  );
}

/** Graph, feeds and round trip of a random weight. */
function setUp(kind: QuantisedKind, shape: readonly [number, number]) {
  const weight = { name: 'w', shape, kind };
  const values = normals(shape[0] * shape[1], kind);
  const graph = createGraph('quantised');
  const inputs = new Map(
    quantisedParts(weight).map((part) => [part.name, graph.input(part.name, part.dtype, part.shape)]),
  );
  const arrays = quantiseWeight(values, weight);
  const feeds = Object.fromEntries([...arrays].map(([name, data]) => [name, { shape: [data.length], data }]));
  const value = dequantisedWeight(graph, weight, (name) => inputs.get(name) ?? graph.scalar(0));
  return { graph, feeds, value, expected: roundTrip(values, weight), values, arrays };
}

describe.each(KINDS)('a weight in %s', (kind) => {
  it.each([
    [8, 16],
    [3, 50],
    [40, 64],
    [70, 300],
  ])('has in the graph the values that it has on the host, [%i, %i]', async (out, input) => {
    const { graph, feeds, value, expected } = setUp(kind, [out, input]);
    graph.output('weight', value);
    const { weight } = await runGraph(graph, feeds);
    expect(weight?.shape).toEqual([out, input]);
    expect(weight?.data).toEqual([...expected]);
  });

  it('takes as many bytes as its parts say', () => {
    const shape = [70, 300] as const;
    const { arrays } = setUp(kind, shape);
    const parts = quantisedParts({ name: 'w', shape, kind });
    for (const { name, shape: dims } of parts) expect(arrays.get(name)?.length).toBe(dims[0]);
    const bytes = [...arrays.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const bits = (8 * bytes) / (70 * 300);
    const wanted = { nf4: 4.5, int4: 4.5, int8: 8.5, 'nf4-double': 4.125 }[kind];
    expect(bits).toBeGreaterThan(wanted - 0.01);
    expect(bits).toBeLessThan(wanted + 0.15);
  });

  it('gives products and input gradients of the dequantised float weight, which is not kept', async () => {
    const [out, input, rows] = [20, 40, 3];
    const { graph, feeds, value, expected } = setUp(kind, [out, input]);
    const x = graph.input('x', 'float32', ['B', input]);
    const y = frozenLinear(x, value);
    graph.output('y', y);
    const [slope] = gradients(reduceSum(tanh(y)), [x]);
    graph.output('slope', slope ?? x);
    const data = normals(rows * input, 'x').map((element) => 0.1 * element);
    const found = await runGraph(graph, { ...feeds, x: { shape: [rows, input], data } });
    const at = (values: ArrayLike<number>, row: number, column: number, width: number) =>
      values[row * width + column] ?? NaN;
    for (let row = 0; row < rows; row++) {
      const outputs = sums(
        out,
        input,
        (column, i) => at(data, row, i, input) * at(expected, column, i, input),
      );
      const slopes = sums(input, out, (i, column) => {
        return (1 - Math.tanh(outputs[column] ?? NaN) ** 2) * at(expected, column, i, input);
      });
      outputs.forEach((wanted, column) => {
        expect(at(found['y']?.data ?? [], row, column, out)).toBeCloseTo(wanted, 4);
      });
      slopes.forEach((wanted, i) => {
        expect(at(found['slope']?.data ?? [], row, i, input)).toBeCloseTo(wanted, 4);
      });
    }
    // Codes become numbers once for the product and once for its gradient; double quantisation has codes in
    // the scales too, so few here that they are decoded once.
    expect(countOperators(graph).get('Cast')).toBe(kind === 'nf4-double' ? 3 : 2);
  });
});
