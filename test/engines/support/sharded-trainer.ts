import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../run/step.ts';

/** What two processes on CPUs need for each way to share a training. */
const SHARDED = {
  ddp: { setting: 'PEER_PYTHON', packages: ['trl'], prefix: '', shim: '' },
  fsdp2: {
    setting: 'PEER_PYTHON',
    packages: ['trl'],
    prefix: '',
    shim: join(root, 'test/support/fsdp-on-cpu.py'),
  },
  // DeepSpeed compiles its collective operations with ninja and g++.
  zero3: {
    setting: 'ZERO3_PYTHON',
    packages: ['trl', 'deepspeed', 'ninja'],
    prefix: 'DS_ACCELERATOR=cpu ',
    shim: '',
  },
} as const;

export type Sharded = keyof typeof SHARDED;
export const SHARDINGS = ['fsdp2', 'zero3'] as const;

/** Whether a suite must be skipped, as it is nightly or its packages are missing; says which. */
export function isAbsent(sharding: Sharded): boolean {
  const { setting, packages } = SHARDED[sharding];
  const python = process.env[setting];
  const missing =
    process.env['SIPF_NIGHTLY'] === '1' && python !== undefined
      ? packages.filter((name) => !isInstalled(python, name))
      : [`\`npm run nightly\` and ${setting}`];
  if (missing.length === 0) return false;
  process.stderr.write(`skipping trainings by ${sharding}: they need ${missing.join(', ')}\n`);
  return true;
}

function isInstalled(python: string, name: string): boolean {
  const probe = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name}") is None)`;
  return spawnSync(python, ['-c', probe]).status === 0;
}

/** With the programs of the Python's environment on PATH: ninja is one. */
function pathWith(python: string): string {
  return `PATH="${dirname(python)}:$PATH" `;
}

/** Writes a `--trainer-command` that shares a training's weights among two processes on CPUs. */
export function shardedCommand(folder: string, sharding: Sharded): string {
  const { setting, prefix, shim } = SHARDED[sharding];
  const path = join(folder, `${sharding}.sh`);
  const python = process.env[setting] ?? '';
  const torchrun = `${pathWith(python)}${python} -m torch.distributed.run --standalone --nproc-per-node=2`;
  writeFileSync(path, `#!/bin/sh\nexec env ${prefix}${torchrun} ${shim} "$SIPF_TRAINER_SCRIPT" "$1"\n`, {
    mode: 0o755,
  });
  return path;
}
