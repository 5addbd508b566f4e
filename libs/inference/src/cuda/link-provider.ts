import { SipfError } from '@sipf/errors';
import { readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { PROVIDER, PROVIDER_VERSION } from './wheels.ts';

/**
 * Puts the provider where onnxruntime looks for it, beside its own library, as links to its folder; what is linked already stays.
 * @throws SipfError failed-precondition CUDA_UNSUPPORTED for another release of onnxruntime; where the links cannot be made
 */
export function linkProvider(folder: string): void {
  const home = onnxruntimeHome();
  for (const name of PROVIDER.map((path) => basename(path))) {
    const [target, link] = [join(folder, name), join(home, name)];
    if (linkedTo(link) === target) continue;
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
}

function linkedTo(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
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
