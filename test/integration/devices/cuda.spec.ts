import { cudaFolder, linkProvider } from '@sipf/inference';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileCudaStub } from '../../support/cuda-stub.ts';
import { runProgram } from '../../support/start-program.ts';

const stub = compileCudaStub();
const isInstalled = existsSync(cudaFolder());
if (stub === undefined)
  process.stderr.write('skipping tests of CUDA: there is no C compiler for a stub of the driver\n');
if (!isInstalled)
  process.stderr.write('skipping tests of CUDA: `sipf device install cuda` has not been called\n');

describe.skipIf(stub === undefined || !isInstalled)('CUDA, on a stub of the driver', () => {
  beforeAll(async () => {
    await linkProvider(cudaFolder());
  });

  it('loads with all its libraries, and ends for want of a device alone', async () => {
    const flags = ['--artifacts', '/nowhere/artifacts', '--device', 'cuda'];
    const { status, log } = await runProgram('verification', flags, ['env', `LD_LIBRARY_PATH=${stub ?? ''}`]);
    expect(status).toBe(69);
    expect(log).toContain('cuda does not compute here');
    expect(log).toMatch(/no CUDA-capable device|CUDA failure 100/);
    expect(log).not.toMatch(/cannot open shared object file|Failed to load library/);
  });
});
