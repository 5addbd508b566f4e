import { kindOf, type DeviceName, type PrecisionName } from '@sipf/contracts/devices';
import { SipfError } from '@sipf/errors';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { missingLibrary } from './missing-library.ts';

/** Loading a vendor's libraries for the first time takes seconds. */
const PROBE_MS = 120_000;

const REMEDY = {
  cpu: '',
  cuda: 'it needs `sipf device install cuda` once, and a driver (580 or later) of a GPU that this process may use',
  webgpu: 'it needs a Vulkan driver for a GPU that this process may use, and libvulkan.so.1',
} as const;

/**
 * Has the device compute a product in a precision, in a process of its own.
 * @throws SipfError unavailable DEVICE_UNAVAILABLE with the reason where it does not; nothing is computed elsewhere instead
 */
export async function requireDevice(device: DeviceName, precision: PrecisionName = 'float32'): Promise<void> {
  const kind = kindOf(device);
  if (kind === 'cpu') return;
  const answer = await probed(device, precision);
  if (answer === 'computes') return;
  const work = precision === 'float32' ? 'does not compute here' : `does not compute in ${precision} here`;
  const message = `${device} ${work}: ${answer}; ${REMEDY[kind]}; or let --device be cpu`;
  throw new SipfError('unavailable', message, { reason: 'DEVICE_UNAVAILABLE' });
}

function probed(device: DeviceName, precision: PrecisionName): Promise<string> {
  const program = fileURLToPath(new URL('./probe-devices.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, device, precision],
      { timeout: PROBE_MS },
      (error, stdout, stderr) => {
        if (error !== null) resolve(`its trial ended with ${String(error.signal ?? error.code)}`);
        else
          resolve(`${(JSON.parse(stdout) as Record<string, string>)[device] ?? ''}${missingLibrary(stderr)}`);
      },
    );
  });
}
