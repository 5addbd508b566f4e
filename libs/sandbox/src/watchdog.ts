import type { Clock } from './clock.ts';
import type { Limits } from './limits.ts';
import { readProcessUsage, type ProcessUsage } from './process-usage.ts';
import type { Usage } from './verdict.ts';

/** Why the watchdog ended a program. */
export type Overrun = 'wall' | 'cpu' | 'memory';

/** A watch over one program in a child. */
export interface Watch {
  /** The child's usage since the watch began. */
  readonly usage: () => Usage;
  readonly stop: () => void;
}

const periodMs = 15;
/** The child itself ends a program at its wall time; the watchdog waits this much longer. */
const graceMs = 250;
/** Memory of a program besides the heap counted by its isolate: compiled code, young generation, collector. */
const memoryMargin = 1.5;
const memorySlackMiB = 64;
/** Most time counted between two checks: a longer gap means that the watcher itself was stopped. */
const longestGapMs = 1000;

/**
 * Watches a child while it runs a program and calls `onOverrun` once, when the program exceeds a limit that the isolate failed
 * to enforce. Measures processor time and memory of the process, since a busy isolate cannot answer. Counts as wall time only
 * the time in which the child could run: a frozen machine or a stopped process is not the program's fault.
 */
export function watchChild(
  pid: number,
  limits: Limits,
  clock: Clock,
  onOverrun: (overrun: Overrun) => void,
): Watch {
  const none: ProcessUsage = { cpuTimeMs: 0, residentMiB: 0, isStopped: false };
  const before = readProcessUsage(pid) ?? none;
  let lookedMs = clock.now();
  let last: Usage = { wallTimeMs: 0, cpuTimeMs: 0, memoryMiB: 0 };
  const look = () => {
    const current = readProcessUsage(pid);
    const gapMs = clock.now() - lookedMs;
    lookedMs += gapMs;
    last = {
      wallTimeMs: last.wallTimeMs + (current?.isStopped === true ? 0 : Math.min(gapMs, longestGapMs)),
      cpuTimeMs: current === undefined ? last.cpuTimeMs : Math.max(0, current.cpuTimeMs - before.cpuTimeMs),
      memoryMiB:
        current === undefined ? last.memoryMiB : Math.max(0, current.residentMiB - before.residentMiB),
    };
    return last;
  };
  const stop = clock.every(periodMs, () => {
    const overrun = findOverrun(look(), limits);
    if (overrun === undefined) return;
    stop();
    onOverrun(overrun);
  });
  return { usage: look, stop };
}

function findOverrun(used: Usage, limits: Limits): Overrun | undefined {
  if (used.memoryMiB > limits.memoryLimitMiB * memoryMargin + memorySlackMiB) return 'memory';
  if (used.cpuTimeMs > limits.cpuTimeMs + periodMs) return 'cpu';
  if (used.wallTimeMs > limits.wallTimeMs + graceMs) return 'wall';
  return undefined;
}
