import type { Clock } from './clock.ts';
import type { Limits } from './limits.ts';
import { readProcessUsage, type ProcessUsage } from './process-usage.ts';
import type { Usage } from './verdict.ts';

/** Why the watchdog ended a program. */
export type Overrun = 'wall' | 'cpu' | 'memory';

/** A watch over one program in a child. */
export interface Watch {
  /** What the child has used since the watch began. */
  readonly usage: () => Usage;
  readonly stop: () => void;
}

const periodMs = 15;
/** The child ends a program at its wall time itself; the watchdog waits this much longer. */
const graceMs = 250;
/** The program's memory beside the heap that its isolate counts: compiled code, young generation, collector. */
const memoryMargin = 1.5;
const memorySlackMiB = 64;
/** Between two looks at most so much counts: what is longer is a watcher that was stopped itself, which is not the program's doing. */
const longestGapMs = 1000;

/**
 * Watches a child while it runs a program and calls `onOverrun` once, when the program is past a limit that the isolate failed
 * to keep. Processor time and memory are those of the process, since the isolate cannot be asked while it is busy. Wall time is that in which the child could
 * run: a machine that was frozen, or a process that somebody stopped, is no program that loops.
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
