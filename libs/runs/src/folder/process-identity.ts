import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A process, distinguished from a later one with the same number. */
export const processIdentity = z
  .object({
    pid: z.int().min(1),
    /** Start time in clock ticks, where the host reports it: a process id may be used again. */
    startTicks: z.string().optional(),
  })
  .readonly();
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** Who runs under this number. */
export function identityOf(pid: number): ProcessIdentity {
  const fields = statOf(pid);
  return fields === undefined ? { pid } : { pid, startTicks: fields[START_TICKS] };
}

/** Whether that very process still lives; one that has ended and whose parent has not noticed does not. */
export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const fields = statOf(pid);
  return fields?.[STATE] !== 'Z' && fields?.[START_TICKS] === startTicks;
}

/** Whether somebody has stopped a process (`SIGSTOP`), so that it lives and does nothing. */
export function isStopped(pid: number): boolean {
  return ['T', 't'].includes(statOf(pid)?.[STATE] ?? '');
}

/** Positions in {@link statOf}. */
const STATE = 0;
const START_TICKS = 19;

/** The fields of /proc/<pid>/stat from the third on, after the name, which may hold spaces and parentheses. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
