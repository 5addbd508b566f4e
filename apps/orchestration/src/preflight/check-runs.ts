import type { RunConfig } from '@sipf/contracts';
import { fromWireError, type WireError } from '@sipf/errors';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';

/** What the process that opens files and folders is asked. */
export interface PreflightRequest {
  readonly configs: readonly RunConfig[];
  /** Folder of the runs, for the room on its disk. */
  readonly runs: string;
}

/** What it found, lines for people a run, or the error of the first run that cannot start. */
export type PreflightReply = { readonly found: readonly string[][] } | { readonly error: WireError };

/** Opens what runs would open. @throws SipfError `invalid-argument` as `preflight`; AbortError */
export type CheckRuns = (configs: readonly RunConfig[], signal: AbortSignal) => Promise<readonly string[][]>;

const MAIN = fileURLToPath(new URL('preflight-main.ts', import.meta.url));

/**
 * Opens files and folders in processes of their own, one at a time: encoding a data set would stop the runs that are driven here.
 */
export function createCheckRuns(runs: string): CheckRuns {
  const inTurn = pLimit(1);
  return (configs, signal) => inTurn(() => ask({ configs, runs }, signal));
}

async function ask(request: PreflightRequest, signal: AbortSignal): Promise<readonly string[][]> {
  signal.throwIfAborted();
  const child = fork(MAIN, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const stop = new AbortController();
  try {
    const within = AbortSignal.any([signal, stop.signal]);
    const answered = once(child, 'message', { signal: within });
    const ended = once(child, 'exit', { signal: within }).then(([code, killed]) => {
      throw new Error(`the process that opens the run's files ended with ${String(code ?? killed)}`);
    });
    child.send(request);
    const [reply] = (await Promise.race([answered, ended])) as [PreflightReply];
    if ('error' in reply) throw fromWireError(reply.error);
    return reply.found;
  } finally {
    stop.abort();
    child.kill('SIGKILL');
  }
}
