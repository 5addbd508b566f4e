import { describe, expect, it } from 'vitest';

import { gradients } from '../gradients/gradients.ts';
import { createGraph } from '../graph.ts';
import { add, mul } from '../operators/elementwise.ts';
import { reduceSum } from '../operators/reduction.ts';
import { runGraph } from '../testing/index.ts';
import { pack, unpack } from './packing.ts';

describe('pack and unpack', () => {
  it('give the packed gradient as the gradient by the packed tensor, zeros for a part that is not used', async () => {
    const graph = createGraph('packed');
    const packed = graph.input('packed', 'float32', [7]);
    const [a, b] = unpack(packed, [[2, 2], [2], [1]]);
    if (a === undefined || b === undefined) throw new TypeError('two parts');
    const loss = add(reduceSum(mul(a, a)), reduceSum(mul(b, 5)));
    graph.output('gradient', gradients(loss, [packed])[0] ?? loss);
    graph.output('again', pack(unpack(packed, [[3], [2, 2]])));
    const { gradient, again } = await runGraph(graph, { packed: [1, 2, 3, 4, 5, 6, 7] });
    expect(gradient?.data).toEqual([2, 4, 6, 8, 5, 5, 0]);
    expect(again?.data).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
