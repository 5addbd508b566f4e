import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromiumPath } from './chromium.ts';

/** Chromium's folder has a Vulkan driver that computes on the processor, SwiftShader, and the library that loads drivers. */
const DRIVER = 'vk_swiftshader_icd.json';
const LOADER = 'libvulkan.so.1';

/** Where distributions have what the program on PATH starts. */
const FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];

function findDriver(): string | undefined {
  if (chromiumPath === undefined) return undefined;
  const folders = [dirname(chromiumPath), ...FOLDERS];
  return folders.find((folder) => [DRIVER, LOADER].every((file) => existsSync(join(folder, file))));
}

const folder = findDriver();

/** Whether this machine has a Vulkan driver without a GPU; tests of WebGPU are skipped otherwise. */
export const hasSoftwareAdapter = folder !== undefined;

if (!hasSoftwareAdapter)
  process.stderr.write(`skipping tests of WebGPU: no Chromium with ${DRIVER} and ${LOADER} beside it\n`);

/** Starts a program that finds that driver and no other, as `startProgram` takes it. */
export const onSoftwareAdapter: readonly string[] =
  folder === undefined
    ? []
    : [
        'env',
        `VK_ICD_FILENAMES=${join(folder, DRIVER)}`,
        `LD_LIBRARY_PATH=${folder}`,
        `XDG_RUNTIME_DIR=${tmpdir()}`,
      ];
