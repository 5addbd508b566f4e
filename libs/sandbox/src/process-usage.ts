import { readFileSync } from 'node:fs';

/** A process's usage so far. */
export interface ProcessUsage {
  readonly cpuTimeMs: number;
  readonly residentMiB: number;
  /** Whether it was stopped (SIGSTOP) and cannot continue by itself. */
  readonly isStopped: boolean;
}

// Linux reports processor time in ticks of 1/100 s and memory in pages of 4 KiB on every platform that Node supports here.
const msPerTick = 10;
const pagesPerMiB = 256;

/** The first child of a process, by the host's numbers; undefined where there is none or the kernel does not report it. */
export function firstChildOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ');
    return first === undefined || first === '' ? undefined : Number(first);
  } catch {
    return undefined;
  }
}

/** Reads a process's usage from /proc; undefined without /proc or once the process is gone. */
export function readProcessUsage(pid: number): ProcessUsage | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the name in brackets and may hold spaces: count from after it, where the state is field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return {
    cpuTimeMs: (field(14) + field(15)) * msPerTick,
    residentMiB: field(24) / pagesPerMiB,
    isStopped: fields[0] === 'T',
  };
}
