import { expect, it } from 'vitest';
import { describePlacement, placementOf } from './placement.ts';

const node = (name: string, op: string, provider: string) => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  args: { op_name: op, provider: `${provider}ExecutionProvider` },
});

it('counts nodes, each once, and names those that the CPU computes, the most frequent first', () => {
  const profile = [
    { cat: 'Session', name: 'session_initialization' },
    { cat: 'Node', name: 'a_fence_before', args: { op_name: 'MatMul' } },
    ...[node('a', 'MatMul', 'WebGpu'), node('b', 'Shape', 'CPU'), node('c', 'Concat', 'CPU')],
    ...[node('d', 'Concat', 'CPU'), node('d', 'Concat', 'CPU')],
  ];
  const placement = placementOf('webgpu', JSON.stringify(profile));
  expect(placement).toEqual({ device: 'webgpu', nodes: 4, onCpu: { Concat: 2, Shape: 1 } });
  expect(describePlacement(placement)).toBe('webgpu, 3 of 4 nodes on the CPU: Concat 2, Shape 1');
});

it('says where nothing is left to the CPU', () => {
  const placement = placementOf('cuda:1', JSON.stringify([node('a', 'Add', 'CUDA')]));
  expect(describePlacement(placement)).toBe('cuda:1, all 1 nodes');
});
