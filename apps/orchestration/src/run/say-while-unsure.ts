import { delay } from 'abort-controller-x';
import type { ActiveRun } from './active-run.ts';

const LOOK_MS = 2000;
const NOBODY = 'the server that keeps the leases of runs does not answer';

/** Makes known that a run waits while it is not sure that nobody else has taken it over, until `signal` aborts. */
export async function sayWhileUnsure(run: ActiveRun, signal: AbortSignal): Promise<void> {
  let goOn: (() => void) | undefined;
  while (!signal.aborted && !run.lease.lost.aborted) {
    if (isSure(run)) {
      goOn?.();
      goOn = undefined;
    } else
      goOn ??= run.waitFor(`${run.lease.trouble ?? NOBODY}; what is made is written when it can be renewed`);
    await delay(signal, LOOK_MS).catch(() => undefined);
  }
  goOn?.();
}

/** A lease that is lost says so itself, by its signal. */
function isSure({ lease }: ActiveRun): boolean {
  try {
    return lease.checkNow();
  } catch {
    return true;
  }
}
