import { retryWhileAway } from '@sipf/service';
import type { Terminal } from './terminal.ts';

/** Longest wait of a command without a sign of life; a service that died is started again in seconds. */
const PATIENCE_MS = 90_000;

/**
 * Repeats work that a service does, the same whenever it is done, while the service is away or full, and says so once.
 * @param signal ends the waiting
 * @param work is given what to call at every sign of life: patience begins anew
 */
export async function waitForService<T>(
  signal: AbortSignal,
  { screen }: Pick<Terminal, 'screen'>,
  work: (alive: () => void) => Promise<T>,
): Promise<T> {
  let isSaid = false;
  return await retryWhileAway(signal, work, {
    patienceMs: PATIENCE_MS,
    onWait: ({ message }) => {
      if (isSaid) return;
      isSaid = true;
      screen.write(`the service is away or full, and is waited for: ${message}\n`);
    },
  });
}
