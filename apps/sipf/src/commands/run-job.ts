import { training, type common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import type { ServiceClient } from '@sipf/service';
import { delay } from 'abort-controller-x';
import { formatFigures } from '../progress/numbers.ts';
import type { Terminal } from '../terminal.ts';

const INTERVAL_MS = 5000;
const CANCEL_MS = 10_000;
/** Attempts without a step in between: some 80 s, in which a service that died has long been started again. */
const MAX_ATTEMPTS = 20;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5000;

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
  let attempt = 0;
  const show = createMetricsView(options, () => {
    attempt = 0;
  });
  try {
    for (; ; attempt++) {
      try {
        if (attempt > 0) await delay(signal, delayMs(attempt));
        await client.startJob(request, { signal, idempotent: true, deadlineMs: 60_000 });
        return await watchJob(client, request.jobId, { signal, show, inOwnWords });
      } catch (error) {
        if (signal.aborted || attempt >= MAX_ATTEMPTS || !isPassing(error)) throw error;
        if (attempt === 0) terminal.screen.write(`${AWAY}\n`);
      }
    }
  } catch (error) {
    if (signal.aborted) {
      await client.cancelJob({ jobId: request.jobId }, { deadlineMs: CANCEL_MS }).catch(() => undefined);
    }
    throw error;
  }
}

const AWAY = 'the training service is away: waiting for it, to resume the job from its last checkpoint';

function delayMs(attempt: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
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

function isPassing(error: unknown): boolean {
  return error instanceof SipfError && ['unavailable', 'deadline-exceeded', 'cancelled'].includes(error.kind);
}

/** Every step once: as JSON, else as a line now and then and at the end. @param onNews called at every one */
function createMetricsView({ terminal, json }: RunJobOptions, onNews: () => void): Show {
  const { stdout, screen, now } = terminal;
  let seen = 0;
  let saidAt = -Infinity;
  return ({ step, values }, totalSteps) => {
    if (step <= seen) return;
    seen = step;
    onNews();
    if (json) {
      stdout.write(`${JSON.stringify({ step, total_steps: totalSteps, ...values })}\n`);
      return;
    }
    if (step < totalSteps && now() - saidAt < INTERVAL_MS) return;
    saidAt = now();
    screen.write(`step ${step}/${totalSteps}: ${formatFigures(values)}\n`);
  };
}
