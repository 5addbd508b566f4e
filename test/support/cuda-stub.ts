import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A driver of a machine without a GPU: what CUDA's libraries ask it for first, and that there is no device. */
const SOURCE = `
int cuInit(unsigned flags) { return 100; }
int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
int cuTensorMapEncodeTiled(void) { return 100; }
`;

/** The folder of a stub of the driver's `libcuda.so.1`; undefined without a C compiler. */
export function compileCudaStub(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-cuda-stub-'));
  const source = join(folder, 'cuda.c');
  writeFileSync(source, SOURCE);
  const target = join(folder, 'libcuda.so.1');
  const flags = ['-shared', '-fPIC', '-Wl,-soname,libcuda.so.1', '-o', target, source];
  return spawnSync('cc', flags).status === 0 ? folder : undefined;
}
