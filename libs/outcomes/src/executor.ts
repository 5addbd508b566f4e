import { execution, executeBounds } from '@sipf/contracts';
import { abortable } from 'abort-controller-x';
import { createHash } from 'node:crypto';
import pLimit, { type LimitFunction } from 'p-limit';
import { KeptVerdicts } from './kept-verdicts.ts';

/** A program, its language, the tests that run after it, and limits that replace the server's own. */
type ProgramToRun = Pick<execution.ExecuteRequest, 'language' | 'code' | 'tests'> &
  Partial<Pick<execution.ExecuteRequest, 'limits'>>;

/** Runs one program at the execution service. */
export type ExecutionCall = (
  request: execution.ExecuteRequest,
  options: { readonly signal: AbortSignal; readonly deadlineMs: number },
) => Promise<execution.ExecuteResponse>;

/** Bounds of an executor. */
export interface ExecutorSettings {
  /** Programs of one client under way at the service at the same time. @default 16 */
  readonly concurrency?: number;
  /** Size of the cache of verdicts, thanks to which a program that many samples repeat runs once. @default 20_000 */
  readonly keptVerdicts?: number;
  /** How often a program is run again whose sandbox broke. @default 2 */
  readonly sandboxRetries?: number;
  /** Whose turn it is among the service's callers, before the client of a run. @default '' */
  readonly clientId?: string;
}

/** Runs programs, each different one once. */
export interface Executor {
  /**
   * The verdict on a program; an empty one, and one longer than the service takes, fails without being run.
   * @throws SipfError as the service does, once its retries are used up; AbortError
   */
  run(program: ProgramToRun, bounds: RunBounds): Promise<execution.ExecuteResponse>;
}

/** How one run is bounded. */
export interface RunBounds {
  readonly signal: AbortSignal;
  /** Queueing and retries included. */
  readonly timeoutMs: number;
  /** The client's name; clients get equal shares of the sandboxes. @default no name */
  readonly clientId?: string | undefined;
}

/** An executor over the service behind `call`. */
export function createExecutor(call: ExecutionCall, settings: ExecutorSettings = {}): Executor {
  const { concurrency = 16, keptVerdicts = 20_000, sandboxRetries = 2, clientId = '' } = settings;
  const lanes = new Map<string, LimitFunction>();
  const kept = new KeptVerdicts(keptVerdicts);
  const underWay = new Map<string, Promise<execution.ExecuteResponse>>();

  async function runNew(
    program: ProgramToRun,
    { signal, timeoutMs, clientId: forWhom }: RunBounds,
  ): Promise<execution.ExecuteResponse> {
    const client = [clientId, forWhom].filter(Boolean).join('/');
    const request = execution.ExecuteRequest.fromPartial({ ...program, clientId: client });
    // A lane per client: the service takes them in turn, so that no client waits behind another's backlog.
    const lane = lanes.get(client) ?? pLimit(concurrency);
    lanes.set(client, lane);
    try {
      return await lane(async () => {
        signal.throwIfAborted();
        return await insist(sandboxRetries, () => call(request, { signal, deadlineMs: timeoutMs }));
      });
    } finally {
      if (lane.activeCount + lane.pendingCount === 0) lanes.delete(client);
    }
  }

  return {
    run: async (program, bounds) => {
      const fault = faultOf(program.code);
      if (fault !== undefined) return failedUnrun(fault);
      const key = keyOf(program);
      for (let other = underWay.get(key); other !== undefined; other = underWay.get(key)) {
        // Look the result of another caller's run up in the cache: that caller may have been cancelled.
        await abortable(bounds.signal, other.then(ignore, ignore));
      }
      const known = kept.get(key);
      if (known !== undefined) return known;
      const run = runNew(program, bounds).finally(() => underWay.delete(key));
      underWay.set(key, run);
      const verdict = await run;
      kept.add(key, verdict);
      return verdict;
    },
  };
}

/** Runs again while the sandbox breaks, which is not a verdict on the program. */
async function insist(
  retries: number,
  run: () => Promise<execution.ExecuteResponse>,
): Promise<execution.ExecuteResponse> {
  let verdict = await run();
  for (let retry = 0; retry < retries; retry++) {
    if (verdict.outcome !== execution.Outcome.SANDBOX_ERROR) break;
    verdict = await run();
  }
  return verdict;
}

/** Why a program cannot be run at all, which is a verdict on it; tests that cannot run are the fault of their author. */
function faultOf(code: string): string | undefined {
  if (code.trim() === '') return 'there is no program';
  const most = executeBounds.codeCharacters;
  return code.length <= most
    ? undefined
    : `the program has ${code.length} characters, at most ${most} are run`;
}

function failedUnrun(message: string): execution.ExecuteResponse {
  return execution.ExecuteResponse.fromPartial({ outcome: execution.Outcome.FAILED, message });
}

function keyOf({ language, code, tests, limits }: ProgramToRun): string {
  return createHash('sha256')
    .update(JSON.stringify([language, code, tests, limits]))
    .digest('base64');
}

function ignore(): void {
  // Only that it ended matters.
}

/** An executor whose programs are all one client's. */
export function executorFor(clientId: string, executor: Executor): Executor {
  return { run: (program, bounds) => executor.run(program, { ...bounds, clientId }) };
}
