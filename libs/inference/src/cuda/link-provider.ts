import { SipfError } from '@sipf/errors';
import { readdirSync, readFileSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PROVIDER_VERSION } from './wheels.ts';

/**
 * Puts libraries where onnxruntime looks for its providers, beside its own library, as links to their folder; the provider finds
 * what it links there too.
 * @throws SipfError failed-precondition CUDA_UNSUPPORTED for another release of onnxruntime
 */
export async function linkProvider(folder: string): Promise<void> {
  const home = onnxruntimeHome();
  for (const name of readdirSync(folder).filter((file) => file.includes('.so'))) {
    await rm(join(home, name), { force: true });
    await symlink(join(folder, name), join(home, name));
  }
}

function onnxruntimeHome(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  if (version !== PROVIDER_VERSION) {
    const message = `the provider is that of onnxruntime ${PROVIDER_VERSION}, and ${version} is installed: run \`npm ci\``;
    throw new SipfError('failed-precondition', message, { reason: 'CUDA_UNSUPPORTED' });
  }
  return join(dirname(manifest), 'bin/napi-v6/linux/x64');
}
