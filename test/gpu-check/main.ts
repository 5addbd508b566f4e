import type { DeviceName } from '@sipf/contracts/devices';
import { requireDevice } from '@sipf/inference';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { faultsOf, type FamilyParity } from './parity.ts';
import { linesOf } from './run-child.ts';

/**
 * `npm run gpu-check`: on a machine with a GPU, whether CUDA and WebGPU compute what the CPU does, and how fast beside PyTorch
 * (PEER_PYTHON) and vLLM (VLLM_PYTHON) on the same GPU; needs no network. A device or a peer that is not there is skipped with the
 * reason. Exit status 1 where a device computes something else, or does not end. DEVICE... checks these alone.
 */
const DEVICES = ['cuda', 'webgpu'];
/** All of it takes less than eight minutes; what does not fit is left out, and said. */
const WHOLE_MS = 460_000;
const PARITY_MS = 100_000;
const SPEED_MS = 90_000;

/** A comparison with others on a device: a program of test/bench and its arguments. */
const COMPARISONS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  cuda: [
    ['engines/main.ts', 'scoring', '--shape', 'smol'],
    ['engines/main.ts', 'sampling', '--shape', 'smol'],
    ['engine/training/main.ts', 'SFT, LoRA r 16, 135M, 8 x 128, threads 1'],
    ['engines/main.ts', 'scoring', '--shape', 'tinyllama', '--precision', 'float16'],
    ['engines/main.ts', 'sampling', '--shape', 'tinyllama', '--precision', 'float16'],
    ['engines/main.ts', 'sampling', '--shape', 'tinyllama', '--precision', 'bfloat16'],
  ],
  webgpu: [
    ['engines/main.ts', 'scoring', '--shape', 'smol'],
    ['engines/main.ts', 'sampling', '--shape', 'smol'],
  ],
};
const started = performance.now();
const left = (): number => WHOLE_MS - (performance.now() - started);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Why a device cannot be checked here; undefined where it computes. */
async function absent(device: DeviceName): Promise<string | undefined> {
  try {
    await requireDevice(device);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Faults of a device. */
async function checkParity(device: string): Promise<number> {
  const { lines, ended } = await linesOf('parity-child.ts', [device], {
    limitMs: Math.min(PARITY_MS, left()),
  });
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

/** Shows a comparison's table; whatever keeps it from ending is said, and is no fault of the device's numbers. */
async function compare(device: string, [program = '', ...args]: readonly string[]): Promise<void> {
  const title = `${device}: ${args.join(' ')}`;
  if (left() < SPEED_MS / 3) {
    say(`${title}: left out, the time is over`);
    return;
  }
  say(title);
  const path = fileURLToPath(new URL(`../bench/${program}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args, '--device', device], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: Math.min(SPEED_MS, left()),
    killSignal: 'SIGKILL',
  });
  createInterface(child.stdout).on('line', (line) => {
    if (!line.startsWith('{')) say(line);
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (status !== 0) say(`${title}: did not end well: ${signal ?? String(status)}`);
}

const named = process.argv.slice(2);
const wanted = (named.length > 0 ? named : DEVICES) as readonly DeviceName[];
let faults = 0;
let checked = 0;
for (const device of wanted) {
  const why = await absent(device);
  if (why !== undefined) {
    say(`${device}: skipped: ${why}`);
    continue;
  }
  checked++;
  faults += await checkParity(device);
  for (const comparison of COMPARISONS[device] ?? []) await compare(device, comparison);
}
say(`${checked} of ${wanted.length} devices checked, ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
