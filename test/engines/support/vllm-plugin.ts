import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../run/step.ts';

/**
 * Installs `deploy/vllm` beside the real vLLM, in a folder of its own.
 * @param parent for the package's files while it is built
 * @returns what `PYTHONPATH` must be
 */
export function installPlugin(parent: string): string {
  // setuptools builds where the package is.
  const source = join(parent, 'plugin-source');
  cpSync(join(root, 'deploy/vllm'), source, { recursive: true });
  const target = join(parent, 'plugin');
  const flags = ['--quiet', '--no-deps', '--no-build-isolation', '--disable-pip-version-check'];
  const { status, stderr } = spawnSync(
    process.env['VLLM_PYTHON'] ?? '',
    ['-m', 'pip', 'install', ...flags, '--target', target, source],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`pip install deploy/vllm: ${stderr}`);
  return target;
}
