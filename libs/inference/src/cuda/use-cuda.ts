import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { cudaFolder } from './install-cuda.ts';
import { linkProvider } from './link-provider.ts';
import { CUDA_WHEELS, PROVIDER } from './wheels.ts';

/** Of dlfcn.h: the library stays although nobody holds it. */
const RTLD_NODELETE = 0x10_00;

/**
 * Loads what onnxruntime's CUDA provider links, where {@link cudaFolder} has it: the loader then takes these for the provider's,
 * which it would look for on LD_LIBRARY_PATH alone, and that is read when a process starts. Elsewhere the system's count.
 */
export function useCudaLibraries(): void {
  const folder = cudaFolder();
  if (!existsSync(folder)) return;
  linkProvider(folder);
  const { RTLD_LAZY, RTLD_GLOBAL } = constants.dlopen;
  const libraries = CUDA_WHEELS.flatMap((wheel) => wheel.libraries).filter(
    (path) => !PROVIDER.includes(path),
  );
  for (const library of libraries.map((path) => join(folder, basename(path)))) {
    try {
      process.dlopen({ exports: {} }, library, RTLD_LAZY | RTLD_GLOBAL | RTLD_NODELETE);
    } catch {
      // None of them is a module of Node's. One that cannot be loaded is missed, by its name, when the provider is.
    }
  }
}
