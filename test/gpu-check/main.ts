import { requireDevice } from '@sipf/inference';
import { faultsOf, type FamilyParity } from './parity.ts';
import { linesOf } from './run-child.ts';

/**
 * `npm run gpu-check`: on a machine with a GPU, whether CUDA and WebGPU compute what the CPU does, and how fast; needs no network.
 * A device that is not there is skipped with the reason. Exit status 1 where one computes something else, or does not end.
 */
const DEVICES = ['cuda', 'webgpu'] as const;
/** Two devices take less than eight minutes together. */
const PARITY_MS = 150_000;
const SPEED_MS = 80_000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Why a device cannot be checked here; undefined where it computes. */
async function absent(device: (typeof DEVICES)[number]): Promise<string | undefined> {
  try {
    await requireDevice(device);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Faults of a device. */
async function checkParity(device: string): Promise<number> {
  const { lines, ended } = await linesOf('parity-child.ts', [device], { limitMs: PARITY_MS });
  let faults = 0;
  for (const parity of lines as readonly FamilyParity[]) {
    const found = faultsOf(parity);
    faults += found.length;
    say(`${device}: ${parity.family}: ${found.length === 0 ? 'as on the CPU' : found.join(', ')}`);
  }
  if (ended === undefined) return faults;
  say(`${device}: parity ${ended} after ${lines.length} families`);
  return faults + 1;
}

async function measure(device: string): Promise<void> {
  const { lines, ended } = await linesOf('speed-child.ts', [device], { limitMs: SPEED_MS });
  for (const { what, perSecond } of lines as readonly { what: string; perSecond?: number }[])
    say(`${device}: ${what}${perSecond === undefined ? '' : `: ${perSecond.toFixed(0)} a second`}`);
  if (ended !== undefined) say(`${device}: its speed is not known: ${ended}`);
}

let faults = 0;
let checked = 0;
for (const device of DEVICES) {
  const why = await absent(device);
  if (why !== undefined) {
    say(`${device}: skipped: ${why}`);
    continue;
  }
  checked++;
  faults += await checkParity(device);
  await measure(device);
}
say(
  `${checked} of ${DEVICES.length} devices checked, ${faults} faults; PyTorch beside it is not measured yet`,
);
process.exit(faults === 0 ? 0 : 1);
