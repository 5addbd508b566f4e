import { orchestration } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { ServiceClient } from '@sipf/service';
import { delay } from 'abort-controller-x';

/** A client of the orchestrator. */
export type OrchestrationClient = ServiceClient<orchestration.OrchestrationServiceDefinition>;

/** What happens to a run, as the orchestrator reports it; what the event bus delivers is the dashboard's. */
export type RunEvent = Exclude<
  NonNullable<orchestration.WatchRunResponse['event']>,
  { readonly $case: 'delivered' }
>;

/** How a run is followed. */
export interface FollowOptions {
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Earlier entries of the log are left out. @default 0 */
  readonly fromEntry?: number;
  /** Whether a run that lost its orchestrator is to be resumed; false once it is being cancelled. */
  readonly resume: () => boolean;
  readonly note: (text: string) => void;
  /** Attempts without any news. @default 360, half an hour */
  readonly maxAttempts?: number;
  /** Wait before the first new attempt; it doubles, up to 5 s. @default 250 */
  readonly retryDelayMs?: number;
}

const MAX_DELAY_MS = 5000;

/**
 * The entries and progress of a run until it ends; the last event is `ended`. An orchestrator that goes away and comes back
 * is followed from where it was left, and asked to resume the run.
 * @throws SipfError `unavailable` when it stays away; AbortError
 */
export async function* followRun(
  client: OrchestrationClient,
  options: FollowOptions,
): AsyncGenerator<RunEvent> {
  const { runId, signal, resume, note, maxAttempts = 360, retryDelayMs = 250 } = options;
  let fromEntry = BigInt(options.fromEntry ?? 0);
  let isWaitSaid = false;
  for (let attempt = 0; ; attempt++) {
    if (attempt > 0) await delay(signal, Math.min(MAX_DELAY_MS, retryDelayMs * 2 ** (attempt - 1)));
    try {
      for await (const { event } of client.watchRun({ runId, fromEntry }, { signal, deadlineMs: Infinity })) {
        if (event === undefined || event.$case === 'delivered') continue;
        if (event.$case === 'ended') {
          if (!isUnfinished(event.value) || !resume()) {
            yield event;
            return;
          }
          if (attempt >= maxAttempts) throw givenUp(runId, maxAttempts);
          if (event.value.state === orchestration.RunState.INTERRUPTED) {
            note('the orchestrator was restarted: resuming the run');
            await client.resumeRun({ runId }, { signal }).catch(unlessTakenUp);
          }
          break;
        }
        attempt = 0;
        if (isWaitSaid) note('the orchestrator answers again');
        isWaitSaid = false;
        if (event.$case === 'entry') fromEntry = event.value.index + 1n;
        yield event;
      }
    } catch (error) {
      if (signal.aborted || attempt >= maxAttempts || !isPassing(error)) throw error;
      // A watch that was cut for once is begun again unseen.
      if (attempt > 0 && !isWaitSaid) note('the orchestrator does not answer, and is waited for');
      isWaitSaid ||= attempt > 0;
    }
  }
}

/** An orchestrator may take up its runs by itself, and be faster. */
function unlessTakenUp(error: unknown): void {
  if (!(error instanceof SipfError && error.reason === 'RUN_IN_USE')) throw error;
}

function isUnfinished({ state }: orchestration.Run): boolean {
  return state === orchestration.RunState.INTERRUPTED || state === orchestration.RunState.RUNNING;
}

/** The orchestrator is away, stops, or ended a watch that it found too long. */
function isPassing(error: unknown): boolean {
  const kinds = ['unavailable', 'resource-exhausted', 'deadline-exceeded', 'cancelled'];
  return error instanceof SipfError && kinds.includes(error.kind);
}

function givenUp(runId: string, attempts: number): SipfError {
  return new SipfError('unavailable', `run ${runId} was interrupted ${attempts} times without any progress`, {
    reason: 'RUN_INTERRUPTED',
  });
}
