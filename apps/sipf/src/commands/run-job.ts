import { training, type common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { ServiceClient } from '@sipf/service';
import { formatFigures } from '../progress/numbers.ts';
import type { Terminal } from '../terminal.ts';
import { waitForService } from '../wait-for-service.ts';

const INTERVAL_MS = 5000;
const CANCEL_MS = 10_000;

/** How a job is shown and stopped. */
export interface RunJobOptions {
  readonly terminal: Pick<Terminal, 'stdout' | 'screen' | 'now'>;
  readonly signal: AbortSignal;
  readonly json: boolean;
  /** The service's words in those of the command. */
  readonly inOwnWords: (text: string) => string;
}

/**
 * Runs a training job to its end and shows its metrics; a service that is restarted meanwhile resumes the job.
 * @returns the trained model or adapter
 * @throws SipfError `failed-precondition` JOB_FAILED in the words of the service; AbortError, after the job was cancelled
 */
export async function runJob(
  client: ServiceClient<training.TrainingServiceDefinition>,
  request: training.StartJobRequest,
  options: RunJobOptions,
): Promise<common.ModelRef> {
  const { signal, inOwnWords, terminal } = options;
  const view = createMetricsView(options);
  const attempt = async (alive: () => void): Promise<common.ModelRef> => {
    const show: Show = (metrics, totalSteps) => {
      if (view(metrics, totalSteps)) alive();
    };
    await client.startJob(request, { signal, idempotent: true, deadlineMs: 60_000 });
    return await watchJob(client, request.jobId, { signal, show, inOwnWords });
  };
  try {
    return await waitForService(signal, terminal, attempt);
  } catch (error) {
    if (signal.aborted) {
      await client.cancelJob({ jobId: request.jobId }, { deadlineMs: CANCEL_MS }).catch(() => undefined);
    }
    throw error;
  }
}

type Show = (metrics: training.StepMetrics, totalSteps: number) => void;

async function watchJob(
  client: ServiceClient<training.TrainingServiceDefinition>,
  jobId: string,
  { signal, show, inOwnWords }: Pick<RunJobOptions, 'signal' | 'inOwnWords'> & { readonly show: Show },
): Promise<common.ModelRef> {
  let totalSteps = 0;
  for await (const { event } of client.watchJob({ jobId, fromStep: 0 }, { signal, deadlineMs: Infinity })) {
    if (event?.$case === 'metrics') show(event.value, totalSteps);
    if (event?.$case !== 'job') continue;
    ({ totalSteps } = event.value);
    const { state, result, failure } = event.value;
    if (state === training.JobState.SUCCEEDED && result !== undefined) return result;
    if (state === training.JobState.FAILED || state === training.JobState.CANCELLED) {
      const why = failure === '' ? 'it was cancelled' : inOwnWords(failure);
      throw new SipfError('failed-precondition', `the training job failed: ${why}`, { reason: 'JOB_FAILED' });
    }
  }
  throw new SipfError('unavailable', 'the training service stopped reporting the job', {
    reason: 'JOB_LOST',
  });
}

/** Shows every step once: as JSON, else as a line now and then and at the end; says whether a step is a new one. */
function createMetricsView({ terminal, json }: RunJobOptions): (...step: Parameters<Show>) => boolean {
  const { stdout, screen, now } = terminal;
  let seen = 0;
  let saidAt = -Infinity;
  return ({ step, values }, totalSteps) => {
    if (step <= seen) return false;
    seen = step;
    if (json) {
      stdout.write(`${JSON.stringify({ step, total_steps: totalSteps, ...values })}\n`);
    } else if (step === totalSteps || now() - saidAt >= INTERVAL_MS) {
      saidAt = now();
      screen.write(`step ${step}/${totalSteps}: ${formatFigures(values)}\n`);
    }
    return true;
  };
}
