import { add, createGraph, mul, toOnnxModel } from '@sipf/graph';
import { expect, it } from 'vitest';
import { openSession, sessionTensor } from './session.ts';

function doubling(): Uint8Array {
  const graph = createGraph('doubling');
  const x = graph.input('x', 'float32', ['N']);
  graph.output('twice', add(x, x));
  graph.output('square', mul(x, x));
  return toOnnxModel(graph);
}

it('runs a graph and names what goes in and out', async () => {
  const session = await openSession(doubling());
  expect([session.inputNames, session.outputNames]).toEqual([['x'], ['twice', 'square']]);
  const { twice } = await session.run({ x: sessionTensor('float32', [2], Float32Array.of(1, 3)) });
  expect(twice?.data).toEqual(Float32Array.of(2, 6));
  await session.close();
});

it('writes a preallocated output in place, even over its input, and returns the others', async () => {
  const session = await openSession(doubling());
  const buffer = Float32Array.of(1, 3);
  const x = sessionTensor('float32', [2], buffer);
  const { square } = await session.run({ x }, { twice: x });
  expect(buffer).toEqual(Float32Array.of(2, 6));
  expect(square?.data).toHaveLength(2);
  await session.close();
});

it('refuses to run once closed, and may be closed twice', async () => {
  const session = await openSession(doubling());
  await session.close();
  await session.close();
  const x = sessionTensor('float32', [1], Float32Array.of(1));
  await expect(session.run({ x })).rejects.toMatchObject({ reason: 'SESSION_CLOSED' });
});
