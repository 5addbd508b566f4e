import { SipfError } from '@sipf/errors';
import { isAlive, type ProcessIdentity, readRunProcesses, removeRunProcesses } from '@sipf/runs';
import { delay } from 'abort-controller-x';

const POLL_MS = 100;

/**
 * Makes sure that nobody works on a run's files before a new set of services does. Services whose command line was killed
 * end by themselves; those that have not after `waitMs` are killed.
 * @throws SipfError `failed-precondition` RUN_IN_USE while another command line drives the run
 */
export async function clearLeftovers(
  file: string,
  options: { readonly waitMs: number; readonly signal: AbortSignal; readonly note: (text: string) => void },
): Promise<void> {
  const processes = await readRunProcesses(file);
  if (processes === undefined) return;
  if (processes.supervisor.pid !== process.pid && isAlive(processes.supervisor)) {
    throw new SipfError('failed-precondition', `process ${processes.supervisor.pid} is driving this run`, {
      reason: 'RUN_IN_USE',
    });
  }
  const giveUpAt = performance.now() + options.waitMs;
  let left = processes.children.filter(isAlive);
  if (left.length > 0)
    options.note(`waiting for ${left.map(({ name }) => name).join(', ')} of an earlier attempt`);
  while (left.length > 0 && performance.now() < giveUpAt) {
    await delay(options.signal, POLL_MS);
    left = left.filter(isAlive);
  }
  for (const child of left) killGroup(child);
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
