import { SipfError } from '@sipf/errors';
import { downloadFile, type DownloadProgress } from '@sipf/models';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { toolsFolder } from './tools-folder.ts';
import { unpackFile } from './unpack-wheel.ts';
import { findWheel, wheelAt } from './wheel-index.ts';
import { CUDA_WHEELS, type Wheel } from './wheels.ts';

/** Where the libraries come from and go to. */
export interface CudaInstallation {
  /** A Python registry's index, as pip takes it (PEP 503). */
  readonly index: string;
  readonly signal: AbortSignal;
  /** @default {@link CUDA_WHEELS} */
  readonly wheels?: readonly Wheel[];
  /** @default {@link toolsFolder} */
  readonly tools?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** The folder of these libraries, `SIPF_CUDA_LIBS` or one of the tools'; another list is another folder. */
export function cudaFolder(wheels: readonly Wheel[] = CUDA_WHEELS, tools?: string): string {
  const named = process.env['SIPF_CUDA_LIBS'];
  if (named !== undefined && tools === undefined) return named;
  const digest = createHash('sha256').update(JSON.stringify(wheels)).digest('hex');
  return join(tools ?? toolsFolder(), `cuda-${digest.slice(0, 16)}`);
}

/**
 * Brings onnxruntime's CUDA provider and what it links: does nothing where they are there, and goes on with a download that was
 * broken off. A file counts only with its pinned hash, and the folder gets its name when it is complete.
 * @returns the folder
 * @throws SipfError failed-precondition CUDA_UNSUPPORTED on other machines than Linux on x86-64; as findWheel and downloadFile
 */
export async function installCuda(options: CudaInstallation): Promise<string> {
  const { wheels = CUDA_WHEELS, tools = toolsFolder() } = options;
  requireLinux();
  const folder = cudaFolder(wheels, tools);
  if (!existsSync(folder)) {
    const draft = `${folder}.part`;
    await mkdir(draft, { recursive: true });
    for (const wheel of wheels) await unpackWheel(wheel, draft, options);
    await rename(draft, folder);
  }
  return folder;
}

async function unpackWheel(
  wheel: Wheel,
  draft: string,
  { index, signal, onProgress }: CudaInstallation,
): Promise<void> {
  const done = join(draft, `${wheel.file}.done`);
  if (existsSync(done)) return;
  const path = join(draft, wheel.file);
  const { file: name, sizeBytes: size, sha256: hash } = wheel;
  const client = wheelAt(await findWheel(wheel, index, signal));
  const onBytes = (receivedBytes: number): void => {
    onProgress?.({ file: name, receivedBytes, totalBytes: size });
  };
  await downloadFile({ name, size, hash }, { client, commit: '', path, signal, onBytes });
  for (const library of wheel.libraries) await unpackFile(path, library, join(draft, basename(library)));
  await writeFile(done, '');
  await rm(path);
}

function requireLinux(): void {
  const { platform, arch } = process;
  if (platform === 'linux' && arch === 'x64') return;
  throw new SipfError(
    'failed-precondition',
    `there is no CUDA provider for ${platform} on ${arch}: use webgpu`,
    {
      reason: 'CUDA_UNSUPPORTED',
    },
  );
}
