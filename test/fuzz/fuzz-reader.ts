import { fork } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { FuzzNews } from './fuzz-child.ts';

/** Inputs that a reader did not take as it must. */
export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  /** Inputs that were read without an error: changed ones may still be valid. */
  readonly accepted: number;
  /** Index of the input, and what happened: an error that is not a SipfError, a hang, a crash. */
  readonly findings: readonly { readonly index: number; readonly error: string }[];
  readonly peakMiB: number;
}

export interface FuzzSettings {
  readonly seed: string;
  readonly inputs: number;
  /** Longest time without a word from the reader: some twenty inputs. @default 30_000 */
  readonly hangMs?: number;
}

const CHILD = fileURLToPath(new URL('./fuzz-child.ts', import.meta.url));

/** Heap of the reading process: what a reader keeps of a small file has to fit well. */
const HEAP_MIB = 512;

/** Where the readers' files lie: in memory where the system has such a folder, since a disk would take most of the time. */
function quickFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

/** Reads changed contents in a process of its own, which may crash, hang or run out of memory. */
export async function fuzzReader(target: string, settings: FuzzSettings): Promise<FuzzReport> {
  const { seed, inputs, hangMs = 30_000 } = settings;
  const child = fork(CHILD, [target, seed, '0', String(inputs)], {
    env: { ...process.env, TMPDIR: quickFolder() },
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const findings: { index: number; error: string }[] = [];
  const state = { accepted: -1, at: 0, peakMiB: 0, log: '' };
  const hang = setTimeout(() => {
    findings.push({ index: state.at, error: `no word for ${hangMs} ms` });
    child.kill('SIGKILL');
  }, hangMs);
  child.stderr?.on('data', (chunk: Buffer) => (state.log = (state.log + chunk.toString()).slice(-4000)));
  child.on('message', (news: FuzzNews) => {
    hang.refresh();
    if (news.kind === 'done') state.accepted = news.accepted;
    else state.at = news.index;
    if (news.kind === 'reading') state.peakMiB = Math.max(state.peakMiB, news.residentMiB);
    if (news.kind === 'found') findings.push({ index: news.index, error: news.error });
  });
  await new Promise<void>((ended) =>
    child.once('close', () => {
      ended();
    }),
  );
  clearTimeout(hang);
  if (state.accepted === -1 && findings.length === 0) {
    findings.push({ index: state.at, error: `the process ended: ${state.log}` });
  }
  const { accepted, peakMiB } = state;
  return { target, inputs, accepted: Math.max(0, accepted), findings, peakMiB };
}
