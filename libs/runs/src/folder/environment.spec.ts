import { expect, it } from 'vitest';
import { describeEnvironment } from './environment.ts';

it('tells the machine and the versions', async () => {
  const { node, cores, onnxruntime, commit = '0'.repeat(40) } = await describeEnvironment();
  expect(node).toBe(process.versions.node);
  expect(cores).toBeGreaterThan(0);
  expect(onnxruntime).toMatch(/^\d+\.\d+\.\d+/);
  expect(commit).toMatch(/^[0-9a-f]{40}\+?$/);
});
