import { kindOf, type DeviceName } from '@sipf/contracts/devices';
import { spawnSync } from 'node:child_process';

const MIB = 1024 ** 2;

/**
 * Bytes that a device has free, by its driver's own tool.
 * @returns undefined where nobody says it: WebGPU has no question for it
 */
export function freeMemoryOf(device: DeviceName, environment = process.env): number | undefined {
  if (kindOf(device) !== 'cuda') return undefined;
  const at = Number(device.split(':')[1] ?? 0);
  // CUDA counts the devices that this variable leaves, in its order; the tool counts all.
  const visible = environment['CUDA_VISIBLE_DEVICES']?.split(',').map((name) => name.trim());
  const id = visible === undefined ? String(at) : visible[at];
  if (id === undefined || id === '') return undefined;
  const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits', `--id=${id}`];
  const { status, stdout } = spawnSync('nvidia-smi', query, {
    ...{ encoding: 'utf8', env: environment, timeout: 10_000 },
  });
  const mebibytes = Number.parseInt(stdout, 10);
  return status === 0 && mebibytes >= 0 ? mebibytes * MIB : undefined;
}
