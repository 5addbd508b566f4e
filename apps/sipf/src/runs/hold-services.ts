import { acquireLease, holderOf, inUse, runLayout } from '@sipf/runs';
import type { Terminal } from '../terminal.ts';
import { clearLeftovers } from './leftovers.ts';

/** Services of an attempt that was killed notice it at once, but may be within a long step. */
const LEFTOVERS_MS = 15_000;

/** The right of one command line to have services of its own in the folder of a run or an experiment. */
export interface HeldServices extends AsyncDisposable {
  /** Rejects with LEASE_LOST when another command line has taken it, because this one was stopped for long. */
  readonly lost: Promise<never>;
}

/**
 * Takes that right before any service is started, and waits for services of an attempt that was killed.
 * @throws SipfError RUN_IN_USE while another command line, or an orchestrator of its own, holds the run
 */
export async function holdServices(
  { runs, runId }: { readonly runs: string; readonly runId: string },
  { terminal, note }: { readonly terminal: Pick<Terminal, 'signal'>; readonly note: (text: string) => void },
): Promise<HeldServices> {
  const layout = runLayout(runs, runId);
  const { signal } = terminal;
  const lease = await acquireLease(layout.command, { what: `run ${runId}`, signal });
  try {
    await clearLeftovers(layout.processes, { waitMs: LEFTOVERS_MS, signal, note });
    const driver = await holderOf(layout.lease);
    if (driver !== undefined) throw inUse(`run ${runId}`, driver);
  } catch (error) {
    await lease.release();
    throw error;
  }
  const lost = new Promise<never>((_, reject) => {
    lease.lost.addEventListener('abort', () => {
      reject(lease.lost.reason as Error);
    });
  });
  lost.catch(() => undefined);
  return { lost, [Symbol.asyncDispose]: () => lease.release() };
}
