import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

import { createGraph } from '../graph.ts';
import { stopGradient } from '../operators/convert.ts';
import { add, mul } from '../operators/elementwise.ts';
import { reshape } from '../operators/layout.ts';
import { linear } from '../operators/mat-mul.ts';
import { runGraph } from '../testing/index.ts';
import { countOperators, toOnnxModel } from './model.ts';

describe('toOnnxModel', () => {
  it('emits a model that ONNX Runtime loads and runs', async () => {
    const graph = createGraph('linear');
    const x = graph.input('x', 'float32', ['B', 2]);
    const weight = graph.initializer('weight', 'float32', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
    graph.output('y', add(linear(x, weight), 1));
    const { y } = await runGraph(graph, { x: { shape: [2, 2], data: [1, 0, 0, 1] } });
    expect(y).toEqual({ shape: [2, 3], data: [2, 4, 6, 3, 5, 7] });
  });

  it('leaves out nodes and stored tensors that no output needs', () => {
    const graph = createGraph('dead');
    const x = graph.input('x', 'float32', [2]);
    mul(x, graph.constant('float32', [2], [3, 4]));
    graph.output('y', add(x, x));
    expect([...countOperators(graph)]).toEqual([['Add', 1]]);
    expect(Buffer.from(toOnnxModel(graph)).includes(Buffer.from(Float32Array.of(3, 4).buffer))).toBe(false);
  });

  it('merges equal expressions', () => {
    const graph = createGraph('equal');
    const x = graph.input('x', 'float32', ['B', 'T', 8]);
    graph.output('y', add(reshape(mul(x, 2), ['B', 'T', 2, 4]), reshape(mul(x, 2), ['B', 'T', 2, 4])));
    expect(Object.fromEntries(countOperators(graph))).toEqual({ Mul: 1, Reshape: 1, Add: 1 });
  });

  it('gives one tensor under several names, inputs and stored tensors included', async () => {
    const graph = createGraph('names');
    const x = graph.input('x', 'float32', [1]);
    const y = add(x, 1);
    graph.output('first', y);
    graph.output('second', stopGradient(y));
    graph.output('same', x);
    graph.output('stored', graph.constant('int64', [1], [7]));
    const results = await runGraph(graph, { x: [2] });
    expect(Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data[0]]))).toEqual({
      first: 3,
      second: 3,
      same: 2,
      stored: 7,
    });
  });

  it('gives equal bytes for equal graphs', () => {
    const build = () => {
      const graph = createGraph('g');
      graph.output('y', mul(graph.input('x', 'float32', ['B']), 3));
      return toOnnxModel(graph);
    };
    expect(build()).toEqual(build());
  });

  it('points at bytes in another file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sipf-graph-'));
    const graph = createGraph('external');
    const x = graph.input('x', 'float32', [2]);
    const at = { location: 'weights.bin', offset: 8, length: 8 };
    graph.output('y', add(x, graph.externalInitializer('w', { dtype: 'float32', shape: [2] }, at)));
    writeFileSync(join(folder, 'weights.bin'), Float32Array.of(9, 9, 3, 4));
    writeFileSync(join(folder, 'model.onnx'), toOnnxModel(graph));
    const session = await InferenceSession.create(join(folder, 'model.onnx'));
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 1), [2]) });
    await session.release();
    rmSync(folder, { recursive: true });
    expect(y?.data).toEqual(Float32Array.of(4, 5));
  });
});
