import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosSystem, VictimName } from './chaos-system.ts';

const POLL_MS = 20;

/** Waits until something holds. */
export async function untilHolds(holds: () => boolean, signal: AbortSignal): Promise<void> {
  while (!holds()) await sleep(POLL_MS, undefined, { signal });
}

/** Kills a process, once it runs. */
export async function killVictim(system: ChaosSystem, name: VictimName, signal: AbortSignal): Promise<void> {
  await untilHolds(() => system.pidOf(name) !== 0, signal);
  process.kill(system.pidOf(name), 'SIGKILL');
}

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((child) => parentOf(child) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    // The name in field 2 may hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
