import { isAlive, placeHere, type ProcessIdentity, readRunProcesses, removeRunProcesses } from '@sipf/runs';
import { delay } from 'abort-controller-x';
import { markedProcesses } from './marked-processes.ts';

const POLL_MS = 100;

/**
 * Makes sure that nobody works on a run's files before a new set of services does; only who holds the folder's services may.
 * Services whose command line was killed end by themselves; those that have not after `waitMs` are killed, and whatever they
 * started.
 */
export async function clearLeftovers(
  file: string,
  options: { readonly waitMs: number; readonly signal: AbortSignal; readonly note: (text: string) => void },
): Promise<void> {
  const processes = await readRunProcesses(file);
  // Numbers of another host, or container, are other processes here.
  if (processes === undefined || (processes.place ?? placeHere()) !== placeHere()) return;
  const giveUpAt = performance.now() + options.waitMs;
  let left = processes.children.filter(isAlive);
  if (left.length > 0)
    options.note(`waiting for ${left.map(({ name }) => name).join(', ')} of an earlier attempt`);
  while (left.length > 0 && performance.now() < giveUpAt) {
    await delay(options.signal, POLL_MS);
    left = left.filter(isAlive);
  }
  for (const child of left) killGroup(child);
  // E.g. a nats-server whose starter was killed, too.
  for (const pid of markedProcesses(processes.mark ?? '')) killGroup({ pid });
  await removeRunProcesses(file);
}

/** Ends a process and everything it started; supervised services lead a group of their own. */
export function killGroup({ pid }: ProcessIdentity): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}
