import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { layerNorm, rmsNorm } from '../composites/normalisation.ts';
import { gradients } from '../gradients/gradients.ts';
import { createGraph, type Graph } from '../graph.ts';
import { mul } from '../operators/elementwise.ts';
import { split } from '../operators/joining.ts';
import { matMul } from '../operators/mat-mul.ts';
import { logSoftmax, reduceSum } from '../operators/reduction.ts';
import { toOnnxModel } from './model.ts';
import type { Plainness } from './plain-nodes.ts';

type Feed = Readonly<Record<string, readonly number[]>>;

/** The outputs' data, by name, of a graph whose inputs have known shapes. */
async function run(graph: Graph, feed: Feed, plainness: Plainness): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(toOnnxModel(graph, plainness));
  const tensors = graph.inputs.map(({ name, shape }) => {
    const data = Float32Array.from(feed[name] ?? []);
    return [name, new Tensor('float32', data, shape.map(Number))] as const;
  });
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, [...(data as Float32Array)]]),
  );
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

it('spells products by operators of ONNX alone, to the same values', async () => {
  const graph = createGraph('products');
  const matrix = graph.input('matrix', 'float32', [2, 3]);
  const batch = graph.input('batch', 'float32', [2, 2, 3]);
  graph.output('flat', matMul(matrix, matrix, { transposeB: true, alpha: 0.5 }));
  graph.output('left', matMul(batch, batch, { transposeA: true }));
  graph.output('right', matMul(batch, matrix, { transposeB: true, alpha: 2 }));
  graph.output('plain', matMul(batch, matMul(matrix, matrix, { transposeA: true })));
  const feed = { matrix: upTo(6), batch: upTo(12) };
  const plain = await run(graph, feed, { plainProducts: true });
  expect(plain).toEqual(await run(graph, feed, {}));
  const bytes = Buffer.from(toOnnxModel(graph, { plainProducts: true }));
  expect(bytes.includes('FusedMatMul')).toBe(false);
  expect(bytes.includes('Gemm')).toBe(true);
});

it('spells what a norm gives beside itself, where it is read, and the logarithm of a softmax', async () => {
  const graph = createGraph('norms');
  const x = graph.input('x', 'float32', [3, 4]);
  const gain = graph.input('gain', 'float32', [4]);
  const norms = [rmsNorm(x, gain, 1e-3), layerNorm(x, gain, gain, 1e-3)];
  norms.forEach((norm, index) => {
    const [gradient] = gradients(reduceSum(mul(norm, norm)), [x]);
    graph.output(`norm${index}`, norm);
    graph.output(`gradient${index}`, gradient ?? norm);
  });
  graph.output('alone', rmsNorm(mul(x, 2), gain, 1e-3));
  graph.output('logs', logSoftmax(x, 1));
  const feed = { x: upTo(12).map((value) => Math.sin(7 * value)), gain: upTo(4) };
  const plain = await run(graph, feed, { plainNorms: true, plainLogSoftmax: true });
  for (const [name, values] of Object.entries(await run(graph, feed, {})))
    values.forEach((value, at) => {
      expect(plain[name]?.[at]).toBeCloseTo(value, 4);
    });
  const operators = Buffer.from(toOnnxModel(graph, { plainLogSoftmax: true }));
  expect(operators.includes('LogSoftmax')).toBe(false);
});

it.each([2, 3, 8])('takes parts of parts where an operator may have %i outputs', async (mostOutputs) => {
  const graph = createGraph('parts');
  const sizes = [1, 4, 2, 3, 1, 1, 5, 2, 1, 3, 2];
  const x = graph.input('x', 'float32', [25]);
  for (const [index, part] of split(x, 0, sizes).entries()) graph.output(`part${index}`, part);
  const feed = { x: upTo(25) };
  const parts = await run(graph, feed, { mostOutputs });
  expect(parts).toEqual(await run(graph, feed, {}));
  expect(Object.keys(parts)).toHaveLength(sizes.length);
});
