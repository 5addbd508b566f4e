import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { freeMemoryOf } from './device-memory.ts';

/** A driver's tool of two GPUs, as it answers. */
const TOOL = `#!/bin/sh
case "$*" in
  *--id=0) echo 81000 ;;
  *--id=1 | *--id=GPU-b) echo 512 ;;
  *--id=MIG*) echo '[N/A]' ;;
  *) echo 'No devices were found'; exit 6 ;;
esac
`;
const folder = mkdtempSync(join(tmpdir(), 'sipf-smi-'));
writeFileSync(join(folder, 'nvidia-smi'), TOOL);
chmodSync(join(folder, 'nvidia-smi'), 0o755);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const PATH = `${folder}:/usr/bin:/bin`;
const MIB = 1024 ** 2;

it.each([
  ['cuda', undefined, 81_000 * MIB],
  ['cuda:1', undefined, 512 * MIB],
  ['cuda:2', undefined, undefined],
  ['cuda', '1,0', 512 * MIB],
  ['cuda:1', '1, 0', 81_000 * MIB],
  ['cuda', 'GPU-b', 512 * MIB],
  ['cuda', 'MIG-c', undefined],
  ['cuda', '', undefined],
  ['webgpu', undefined, undefined],
] as const)('asks for the memory of %s, where CUDA sees %s', (device, visible, bytes) => {
  const environment = { PATH, ...(visible !== undefined && { CUDA_VISIBLE_DEVICES: visible }) };
  expect(freeMemoryOf(device, environment)).toBe(bytes);
});

it('knows nothing of it without the tool', () => {
  expect(freeMemoryOf('cuda', { PATH: '/nowhere' })).toBeUndefined();
});
