import type { orchestration } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { AbortError } from 'abort-controller-x';
import { followRun, type OrchestrationClient } from '../follow/follow-run.ts';
import type { Reporter } from '../progress/reporter.ts';
import type { Terminal } from '../terminal.ts';

/** Time for the stages at work to stop once a run is cancelled. */
const CANCEL_MS = 60_000;

/** What following a run to its end needs. */
export interface FollowToEndOptions {
  readonly runId: string;
  readonly reporter: Reporter;
  readonly terminal: Pick<Terminal, 'signal' | 'kill'>;
  /** Rejects when the run's services cannot continue. */
  readonly failed: Promise<never>;
  /** Earlier entries of the log are not shown. @default 0 */
  readonly fromEntry?: number | undefined;
}

/**
 * Shows a run until it ends. The first Ctrl-C cancels the run and waits for its end, the second waits for nothing.
 * @throws SipfError `unavailable` when the orchestrator or another service stays away; AbortError at the second Ctrl-C
 */
export async function followToEnd(
  client: OrchestrationClient,
  { runId, reporter, terminal, failed, fromEntry = 0 }: FollowToEndOptions,
): Promise<orchestration.Run> {
  const stop = new AbortController();
  failed.catch((error: unknown) => {
    stop.abort(error);
  });
  const note = (text: string): void => {
    reporter.note(text);
  };
  const kill = (): void => {
    stop.abort(new AbortError());
  };
  let timer: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    note('cancelling the run; once more to stop at once');
    timer = setTimeout(() => {
      stop.abort(notCancelled(runId));
    }, CANCEL_MS);
    client.cancelRun({ runId }, { deadlineMs: CANCEL_MS }).catch((error: unknown) => {
      stop.abort(error);
    });
  };
  onAbort(terminal.kill, kill);
  onAbort(terminal.signal, cancel);
  try {
    const resume = (): boolean => !terminal.signal.aborted;
    for await (const event of followRun(client, { runId, signal: stop.signal, fromEntry, resume, note })) {
      reporter.event(event);
      if (event.$case === 'ended') return event.value;
    }
    throw notCancelled(runId);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer);
    terminal.kill.removeEventListener('abort', kill);
    terminal.signal.removeEventListener('abort', cancel);
    reporter.close();
  }
}

function onAbort(signal: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
}

function notCancelled(runId: string): SipfError {
  return new SipfError('unavailable', `run ${runId} did not end; \`sipf status ${runId}\` shows its state`, {
    reason: 'RUN_NOT_ENDED',
  });
}
