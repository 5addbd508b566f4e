import { kindOf, type DeviceName } from '@sipf/contracts/devices';
import { SipfError } from '@sipf/errors';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Loading a vendor's libraries for the first time takes seconds. */
const PROBE_MS = 120_000;

const REMEDY = {
  cpu: '',
  cuda: 'it needs `sipf device install cuda` once, and a driver (580 or later) of a GPU that this process may use',
  webgpu: 'it needs a Vulkan driver for a GPU that this process may use, and libvulkan.so.1',
} as const;

/**
 * Has the device compute a product, in a process of its own.
 * @throws SipfError unavailable DEVICE_UNAVAILABLE with the reason where it does not; nothing is computed elsewhere instead
 */
export async function requireDevice(device: DeviceName): Promise<void> {
  const kind = kindOf(device);
  if (kind === 'cpu') return;
  const answer = await probed(device);
  if (answer === 'computes') return;
  const message = `${device} does not compute here: ${answer}; ${REMEDY[kind]}; or let --device be cpu`;
  throw new SipfError('unavailable', message, { reason: 'DEVICE_UNAVAILABLE' });
}

function probed(device: DeviceName): Promise<string> {
  const program = fileURLToPath(new URL('./probe-devices.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [program, device], { timeout: PROBE_MS }, (error, stdout, stderr) => {
      if (error !== null) resolve(`its trial ended with ${String(error.signal ?? error.code)}`);
      else resolve(`${(JSON.parse(stdout) as Record<string, string>)[device] ?? ''}${missingIn(stderr)}`);
    });
  });
}

/** Which library could not be loaded, which onnxruntime says on standard error alone. */
function missingIn(log: string): string {
  const [, why] = /with error: \S*?([^/\s]+: cannot open shared object file)/.exec(log) ?? [];
  return why === undefined ? '' : ` (${why})`;
}
