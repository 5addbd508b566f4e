import { describe, expect, it } from 'vitest';

import { packElements, toFloat16Bits } from './dtype.ts';
import { createGraph } from './graph.ts';
import { cast } from './operators/convert.ts';
import { runGraph } from './testing/index.ts';

describe('toFloat16Bits', () => {
  it('gives the known bits of special numbers', () => {
    const cases = [0, -0, 1, -2, 65504, 65520, Infinity, 2 ** -24, 2 ** -25, 2 ** -14, NaN];
    const bits = [0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0x7c00, 1, 0, 0x0400, 0x7e00];
    expect(cases.map(toFloat16Bits)).toEqual(bits);
  });

  it('rounds as ONNX Runtime does', async () => {
    const values = Array.from({ length: 2000 }, (_, index) => Math.sin(index) * 10 ** ((index % 13) - 8));
    const graph = createGraph('round');
    const x = graph.input('x', 'float32', [values.length]);
    graph.output('theirs', cast(cast(x, 'float16'), 'float32'));
    graph.output(
      'ours',
      cast(graph.constant('float16', [values.length], values.map(Math.fround)), 'float32'),
    );
    const { theirs, ours } = await runGraph(graph, { x: values });
    expect(ours?.data).toEqual(theirs?.data);
  });
});

describe('packElements', () => {
  it('stores booleans as 0 and 1 and int64 exactly', () => {
    expect(packElements('bool', [0, 2])).toEqual(Uint8Array.of(0, 1));
    expect(packElements('int64', [2 ** 53])).toEqual(BigInt64Array.of(9007199254740992n));
  });
});
