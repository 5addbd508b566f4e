import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const VARIABLE = 'SIPF_SERVICES_MARK';

/** A mark for the environment of services: whatever they start has it, too. */
export function markServices(): { readonly mark: string; readonly env: Readonly<Record<string, string>> } {
  const mark = randomUUID();
  return { mark, env: { [VARIABLE]: mark } };
}

/** Processes of this host that have the mark, whoever started them; none where the host does not say. */
export function markedProcesses(mark: string): number[] {
  return numbersIn('/proc').filter((pid) => environmentOf(pid).includes(`${VARIABLE}=${mark}`));
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Empty also for a process of another user, or one that has just ended. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
