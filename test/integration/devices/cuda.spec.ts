import { cudaFolder } from '@sipf/inference';
import { existsSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { compileCudaStub } from '../../support/cuda-stub.ts';
import { runProgram } from '../../support/start-program.ts';

const stub = compileCudaStub();
const isInstalled = existsSync(cudaFolder());
if (stub === undefined)
  process.stderr.write('skipping tests of CUDA: there is no C compiler for a stub of the driver\n');
if (!isInstalled)
  process.stderr.write('skipping tests of CUDA: `sipf device install cuda` has not been called\n');

afterAll(() => {
  if (stub !== undefined) rmSync(stub, { recursive: true });
});

describe.skipIf(stub === undefined || !isInstalled)('CUDA, on a stub of the driver', () => {
  it('loads with all its libraries, and ends for want of a device alone', async () => {
    const flags = ['--artifacts', '/nowhere/artifacts', '--device', 'cuda'];
    const environment = [`LD_LIBRARY_PATH=${stub ?? ''}`, `SIPF_CUDA_LIBS=${cudaFolder()}`];
    const { status, log } = await runProgram('verification', flags, ['env', ...environment]);
    expect(status).toBe(69);
    expect(log).toContain('cuda does not compute here');
    expect(log).toMatch(/no CUDA-capable device/);
    expect(log).not.toMatch(/cannot open shared object file|Failed to load library/);
  });
});
