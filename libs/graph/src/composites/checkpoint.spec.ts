import { describe, expect, it } from 'vitest';

import { gradients } from '../gradients/gradients.ts';
import { createGraph, type Graph, type Value } from '../graph.ts';
import { countOperators } from '../onnx/model.ts';
import { add, tanh } from '../operators/elementwise.ts';
import { linear } from '../operators/mat-mul.ts';
import { reduceSum } from '../operators/reduction.ts';
import { runGraph } from '../testing/index.ts';
import { silu } from './activations.ts';
import { checkpoint } from './checkpoint.ts';

const LAYERS = 3;
const X = [0.3, -0.2, 0.9, 1.1, -0.7, 0.4];
const W = [0.5, -0.4, 0.1, 0.3, 0.8, -0.6, -0.2, 0.7, 0.9];

type Wrap = (x: Value, y: Value) => Value;

/** A residual network with one weight for all layers; `wrap` is applied to every layer. */
function network(wrap: Wrap): Graph {
  const graph = createGraph('network');
  const x = graph.input('x', 'float32', ['B', 3]);
  const w = graph.input('w', 'float32', [3, 3]);
  let hidden = x;
  for (let layer = 0; layer < LAYERS; layer++) {
    hidden = wrap(hidden, add(hidden, linear(silu(linear(tanh(hidden), w)), w)));
  }
  const loss = reduceSum(tanh(hidden));
  graph.output('loss', loss);
  gradients(loss, [x, w]).forEach((gradient, index) => {
    graph.output(`d${index}`, gradient);
  });
  return graph;
}

const kept: Wrap = (_, y) => y;
const run = (graph: Graph) => runGraph(graph, { x: { shape: [2, 3], data: X }, w: W });

describe('checkpoint', () => {
  it('gives the gradients that come without it', async () => {
    const [plain, recomputed] = [await run(network(kept)), await run(network(checkpoint))];
    for (const name of ['loss', 'd0', 'd1']) {
      recomputed[name]?.data.forEach((value, index) => {
        expect(value).toBeCloseTo(plain[name]?.data[index] ?? NaN, 5);
      });
    }
  });

  it('computes every part a second time', () => {
    const [plain, recomputed] = [countOperators(network(kept)), countOperators(network(checkpoint))];
    // One tanh is outside of the layers.
    expect(plain.get('Tanh')).toBe(LAYERS + 1);
    expect(recomputed.get('Tanh')).toBe(2 * LAYERS + 1);
  });

  it('refuses a value that does not depend on what it shall be computed from', () => {
    const graph = createGraph('unrelated');
    const [x, y] = [graph.input('x', 'float32', [1]), graph.input('y', 'float32', [1])];
    expect(() => checkpoint(x, tanh(y))).toThrow(TypeError);
  });
});
