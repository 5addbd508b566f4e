import { type CallOptions, callSignal, ItemQueue, throwIfAborted } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { startEngineWorker } from '@sipf/inference';
import type { Training, TrainingEvent, TrainingJob } from './training-job.ts';

/** How a trainer is laid out. */
export interface TrainerOptions {
  /** Trainings that may run side by side, each on its own thread; a further one fails. @default 2 */
  readonly maxConcurrentJobs?: number;
  /** Times a training resumes after its worker died, before it fails. @default 2 */
  readonly maxRestarts?: number;
  /** Module of the worker threads. @default the library's own */
  readonly workerEntry?: URL;
}

/** Runs trainings off the calling thread. */
export interface Trainer {
  /** Trainings that run. */
  readonly running: number;
  /**
   * Runs a training to its end. Given a checkpoint file that an earlier run of the same job left, it resumes from it
   * to the same bits. Cancelling (or leaving the loop) stops between two updates, after writing a checkpoint.
   * @throws SipfError as runTraining; resource-exhausted TOO_MANY_JOBS; unavailable WORKER_LOST when restarts are used up
   */
  train(job: TrainingJob, options?: CallOptions): AsyncGenerator<TrainingEvent, void, undefined>;
  /** Cancels what runs and waits for its end. */
  close(): Promise<void>;
}

/** A trainer without any thread yet: each training starts its own and ends it. */
export function createTrainer(options: TrainerOptions = {}): Trainer {
  return new WorkerTrainer(options);
}

const ENTRY = new URL('./training-worker.ts', import.meta.url);

class WorkerTrainer implements Trainer {
  readonly #options: TrainerOptions;
  readonly #closing = new AbortController();
  readonly #jobs = new Set<Promise<void>>();

  constructor(options: TrainerOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#jobs.size;
  }

  async *train(job: TrainingJob, options: CallOptions = {}): AsyncGenerator<TrainingEvent, void, undefined> {
    this.#checkRoom();
    const left = new AbortController();
    const outer = callSignal(options);
    const signals = [left.signal, this.#closing.signal, ...(outer === undefined ? [] : [outer])];
    const events = new ItemQueue<TrainingEvent>();
    const served = this.#serve(job, events, AbortSignal.any(signals));
    this.#jobs.add(served);
    try {
      yield* events;
    } finally {
      left.abort();
      await served;
      this.#jobs.delete(served);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#jobs);
  }

  async #serve(job: TrainingJob, events: ItemQueue<TrainingEvent>, signal: AbortSignal): Promise<void> {
    const { maxRestarts = 2, workerEntry = ENTRY } = this.#options;
    const fresh = onlyFresh(events);
    try {
      for (let restarts = 0; ; restarts++) {
        try {
          await trainOnce(workerEntry, { job, signal, onEvent: fresh });
          break;
        } catch (error) {
          const lost = error instanceof SipfError && error.reason === 'WORKER_LOST';
          if (!lost || restarts === maxRestarts) throw error;
          events.push({ kind: 'restarted', message: error.message });
        }
      }
      events.end();
    } catch (error) {
      events.fail(error);
    }
  }

  #checkRoom(): void {
    const { maxConcurrentJobs = 2 } = this.#options;
    if (this.#jobs.size < maxConcurrentJobs) return;
    throw new SipfError('resource-exhausted', `${maxConcurrentJobs} trainings run already`, {
      reason: 'TOO_MANY_JOBS',
      retryAfterMs: 10_000,
    });
  }
}

interface TrainingRun {
  readonly job: TrainingJob;
  readonly signal: AbortSignal;
  readonly onEvent: (event: TrainingEvent) => void;
}

async function trainOnce(entry: URL, { job, signal, onEvent }: TrainingRun): Promise<void> {
  throwIfAborted(signal);
  const worker = startEngineWorker<Training>(entry, 'training');
  try {
    await worker.call('train', job, { signal, onItem: onEvent });
  } finally {
    // Waits for the update in progress and the checkpoint after it.
    await worker.close();
  }
}

/** Leaves out what a restarted training gives a second time: its steps are the same to the bit. */
function onlyFresh(events: ItemQueue<TrainingEvent>): (event: TrainingEvent) => void {
  let lastStep = 0;
  let started = false;
  return (event) => {
    if (event.kind === 'started') {
      if (started) return;
      started = true;
    }
    if (event.kind === 'step' || event.kind === 'checkpoint') {
      if (event.step < lastStep || (event.kind === 'step' && event.step === lastStep)) return;
      lastStep = event.step;
    }
    events.push(event);
  };
}
