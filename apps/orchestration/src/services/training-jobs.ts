import { common, training } from '@sipf/contracts';
import { assertNever, SipfError } from '@sipf/errors';
import { isLeaseLost, type StepMetrics } from '@sipf/runs';
import { attemptOf, retryWhileAway, type Patience, type ServiceClient } from '@sipf/service';
import type { JobProgress, Services, TrainedJob } from './services.ts';

/** A job is asked to stop, and stops between two steps. */
const CANCEL_MS = 4000;
/** A job is noted before it is answered; its data may be read first. */
const START_MS = 60_000;
/** Longest time of one watch. */
const WATCH_MS = 1_800_000;

type TrainingClient = ServiceClient<training.TrainingServiceDefinition>;

/**
 * Runs jobs on a training service that may go away and come back while they run.
 * @param patience who hears of it while it is away
 */
export function createJobRunner(client: TrainingClient, patience?: Patience): Services['train'] {
  return async (request, { signal, onProgress }) => {
    // A watch that is begun again reports every step again.
    let lastStep = 0;
    const attempt = async (alive: () => void, heard: () => void): Promise<TrainedJob> => {
      const onlyNew = (progress: JobProgress): void => {
        if (progress.step <= lastStep) return;
        lastStep = progress.step;
        alive();
        onProgress(progress);
      };
      await attemptOf(client.startJob(request, { signal, deadlineMs: START_MS }));
      return await watchToEnd(client, request.jobId, { signal, onProgress: onlyNew, onNews: heard });
    };
    try {
      return await retryWhileAway(signal, attempt, patience);
    } catch (error) {
      // A cancelled run must not leave a job behind, one that was taken over must; a job that ended is left as it is.
      if (signal.aborted && !isLeaseLost(signal.reason)) {
        const { jobId, epoch } = request;
        // The run's end does not wait for a service that is away.
        await client.cancelJob({ jobId, epoch }, { deadlineMs: CANCEL_MS }).catch(() => undefined);
      }
      throw error;
    }
  };
}

/** Longest wait for the steps of a job that has ended. */
const STEPS_MS = 60_000;

/** The steps of a job that has ended; those of one that has not, as far as they are known within a minute. */
export async function trainedSteps(
  client: TrainingClient,
  jobId: string,
  signal: AbortSignal,
): Promise<readonly StepMetrics[]> {
  const steps: StepMetrics[] = [];
  for await (const { event } of client.watchJob({ jobId, fromStep: 0 }, { signal, deadlineMs: STEPS_MS }))
    if (event?.$case === 'metrics') steps.push(event.value);
  return steps;
}

/** A job may take longer than a server lets one call last: the watch is then begun again. */
async function watchToEnd(client: TrainingClient, jobId: string, options: WatchOptions): Promise<TrainedJob> {
  for (;;) {
    try {
      return await watch(client, jobId, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof SipfError && error.kind === 'deadline-exceeded')) throw error;
    }
  }
}

interface WatchOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: JobProgress) => void;
  /** Called with every event, also of steps that are known. */
  readonly onNews: () => void;
}

async function watch(
  client: TrainingClient,
  jobId: string,
  { signal, onProgress, onNews }: WatchOptions,
): Promise<TrainedJob> {
  let totalSteps = 0;
  for await (const { event } of client.watchJob({ jobId, fromStep: 0 }, { signal, deadlineMs: WATCH_MS })) {
    onNews();
    switch (event?.$case) {
      case 'job': {
        totalSteps = event.value.totalSteps;
        const result = resultOf(event.value);
        if (result !== undefined) return result;
        break;
      }
      case 'metrics':
        onProgress({ step: event.value.step, totalSteps, metrics: event.value.values });
        break;
      case undefined:
        break;
      default:
        assertNever(event);
    }
  }
  throw new SipfError('unavailable', `the training service stopped reporting job ${jobId}`, {
    reason: 'WORKER_FAILED',
  });
}

/** The trained model; undefined while the job is under way. */
function resultOf(job: training.Job): TrainedJob | undefined {
  const { JobState } = training;
  switch (job.state) {
    case JobState.SUCCEEDED:
      return job.result && { model: job.result, droppedRows: job.droppedRows };
    case JobState.FAILED:
      throwStorageTrouble(job);
      throw new SipfError('failed-precondition', `training job ${job.id} failed: ${job.failure}`, {
        reason: 'JOB_FAILED',
      });
    case JobState.CANCELLED:
      throw new SipfError('cancelled', `training job ${job.id} was cancelled`, { reason: 'CANCELLED' });
    default:
      return undefined;
  }
}

/** A job that found no room, or a disk that may not be written, is begun again with its stage. */
function throwStorageTrouble({ failure, failureReason }: training.Job): void {
  const { STORAGE_FULL, STORAGE_READ_ONLY } = common.ErrorReason;
  if (failureReason === STORAGE_FULL)
    throw new SipfError('resource-exhausted', failure, { reason: 'STORAGE_FULL' });
  if (failureReason === STORAGE_READ_ONLY)
    throw new SipfError('resource-exhausted', failure, { reason: 'STORAGE_READ_ONLY' });
}
