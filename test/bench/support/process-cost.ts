import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc/PID/stat, on every Linux of today. */
const TICKS = 100;

/** What a process and all that it started have cost so far. */
export interface ProcessCost {
  readonly processorMs: number;
  /** The sum of their largest resident memories; pages that they share count in each. */
  readonly peakMiB: number;
}

/** Reads a process's cost and its living descendants'. Linux only. */
export function processCost(pid: number): ProcessCost {
  const parents = new Map(processes().map((one) => [one, fieldsOf(one)]));
  const all = new Set([pid]);
  // A descendant may have a lower number than its parent.
  for (let size = 0; size < all.size;) {
    size = all.size;
    for (const [one, fields] of parents) if (all.has(Number(fields[1]))) all.add(one);
  }
  const costs = [...all].map((one) => ({ fields: parents.get(one) ?? [], peakMiB: peakOf(one) }));
  return {
    processorMs: costs.reduce((sum, { fields }) => sum + ticksOf(fields), 0) * (1000 / TICKS),
    peakMiB: costs.reduce((sum, { peakMiB }) => sum + peakMiB, 0),
  };
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Of stat, from the state on: [state, parent, …]; none where the process has just ended. */
function fieldsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return [];
  }
}

/** User and system time, its own and of children that have ended. */
function ticksOf(fields: readonly string[]): number {
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
