import { ChangeSignal, untilAborted } from '@sipf/async';
import { common, errorReason, training } from '@sipf/contracts';
import { isStorageTrouble, SipfError, storageTrouble } from '@sipf/errors';
import type { Logger } from '@sipf/service';
import pLimit, { type LimitFunction } from 'p-limit';
import {
  jobPaths,
  loadJob,
  loadJobs,
  loadMetrics,
  removeWorkFiles,
  saveJob,
  saveMetrics,
  type JobPaths,
} from './job-files.ts';

/** An event of a running job. */
export type JobEvent =
  | { readonly kind: 'started'; readonly totalSteps: number; readonly droppedRows: number }
  | { readonly kind: 'step'; readonly metrics: training.StepMetrics }
  | { readonly kind: 'restarted' }
  | { readonly kind: 'finished'; readonly result: common.ModelRef };

/** Runs a job to its end, from its checkpoint if it has one. */
export type RunJob = (
  spec: training.JobSpec,
  files: JobPaths,
  signal: AbortSignal,
) => AsyncIterable<JobEvent>;

export interface JobRegistryOptions {
  /** A folder for this service alone. */
  readonly folder: string;
  readonly maxJobs: number;
  readonly maxQueue: number;
  readonly run: RunJob;
  /** Refuses a specification that cannot run here, before a job exists. @default nothing */
  readonly refuse?: (spec: training.JobSpec) => void;
  /** Whether a job's result is still in the store, undamaged. @default it is */
  readonly isWhole?: (result: common.ModelRef) => Promise<boolean>;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Entry {
  job: training.Job;
  readonly steps: training.StepMetrics[];
  readonly change: ChangeSignal;
  /** Changes are saved one after another. */
  readonly inTurn: LimitFunction;
  controller?: AbortController;
}

const { JobState } = training;

/** Loads the jobs of earlier processes and resumes those that have not ended. */
export async function openJobRegistry(options: JobRegistryOptions): Promise<JobRegistry> {
  const registry = new JobRegistry(options);
  await registry.load();
  return registry;
}

/** The jobs of this service. They outlive its process. See `openJobRegistry`. */
export class JobRegistry {
  readonly #options: JobRegistryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: Entry[] = [];
  readonly #running = new Set<Promise<void>>();
  #closing = false;

  constructor(options: JobRegistryOptions) {
    this.#options = options;
  }

  /** Loads the jobs of earlier processes; call it once, before anything else. */
  async load(): Promise<void> {
    const { jobs, unreadable } = await loadJobs(this.#options.folder);
    for (const [job, { reason, message }] of unreadable)
      this.#options.logger.error({ job, reason }, `a job is not loaded: ${message}`);
    for (const job of jobs) {
      const entry = this.#add(job);
      if (hasEnded(job)) {
        entry.steps.push(...(await loadMetrics(this.#options.folder, job.id)));
      } else {
        entry.job = {
          ...job,
          state: JobState.QUEUED,
          restarts: job.restarts + (job.state === JobState.RUNNING ? 1 : 0),
        };
        this.#queue.push(entry);
      }
    }
    this.#startWaiting();
  }

  /**
   * The same id with the same specification is the same job.
   * @param epoch of who gives the order; 0 for one that has none
   * @throws SipfError LEASE_LOST, JOB_EXISTS, QUEUE_FULL, JOB_DAMAGED, FORMAT_UNKNOWN; as `refuse` does
   */
  async start(id: string, spec: training.JobSpec, epoch = 0): Promise<training.Job> {
    const known = this.#entries.get(id);
    if (known !== undefined) await this.#heed(known, epoch);
    // A cancelled or failed job starts again under its id, and so does one whose result is lost; any other is returned as it is.
    if (known !== undefined) {
      assertSameSpec(known.job, spec);
      if (!(await this.#mayBeginAgain(known.job))) return known.job;
    } else {
      // Fails for a job that this process could not read at its start, rather than replace it.
      await loadJob(this.#options.folder, id);
    }
    this.#options.refuse?.(spec);
    if (this.#queue.length >= this.#options.maxQueue) {
      throw new SipfError('resource-exhausted', `${this.#queue.length} jobs wait already`, {
        reason: 'QUEUE_FULL',
        retryAfterMs: 10_000,
      });
    }
    const entry =
      known ?? this.#add(training.Job.create({ id, spec, epoch, createdAt: new Date(this.#options.now()) }));
    try {
      await this.#update(entry, {
        state: JobState.QUEUED,
        failure: '',
        failureReason: common.ErrorReason.UNSPECIFIED,
        finishedAt: undefined,
      });
    } catch (error) {
      // A job that could not be saved was never accepted.
      if (known === undefined) this.#entries.delete(id);
      throw error;
    }
    this.#queue.push(entry);
    this.#startWaiting();
    return entry.job;
  }

  async #mayBeginAgain({ id, state, result }: training.Job): Promise<boolean> {
    const { isWhole, logger } = this.#options;
    if (state === JobState.CANCELLED || state === JobState.FAILED) return true;
    if (state !== JobState.SUCCEEDED || result === undefined || isWhole === undefined) return false;
    if (await isWhole(result)) return false;
    logger.warn({ job: id }, 'what a job made is lost from the artifact store: it is trained again');
    return true;
  }

  /** @throws SipfError JOB_NOT_FOUND, as the others do */
  get(id: string): training.Job {
    return this.#entry(id).job;
  }

  list(): training.Job[] {
    return [...this.#entries.values()].map(({ job }) => job);
  }

  /** @param epoch as of {@link start} @throws SipfError LEASE_LOST */
  async cancel(id: string, epoch = 0): Promise<training.Job> {
    const entry = this.#entry(id);
    await this.#heed(entry, epoch);
    const waiting = this.#queue.indexOf(entry);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      await this.#end(entry, { state: JobState.CANCELLED });
    }
    entry.controller?.abort();
    while (!hasEnded(entry.job)) await entry.change.changed;
    return entry.job;
  }

  /** The job's state, first and at every change, and its steps from `fromStep` on, until it has ended. */
  async *watch(
    id: string,
    { fromStep, signal }: { readonly fromStep: number; readonly signal: AbortSignal },
  ): AsyncGenerator<NonNullable<training.WatchJobResponse['event']>> {
    const entry = this.#entry(id);
    let reported: training.Job | undefined;
    let next = 0;
    for (;;) {
      const { changed } = entry.change;
      const { job } = entry;
      // Emit steps before the state that they led to.
      for (; next < entry.steps.length; next++) {
        const metrics = entry.steps[next];
        if (metrics !== undefined && metrics.step >= fromStep) yield { $case: 'metrics', value: metrics };
      }
      if (reported?.state !== job.state || reported.totalSteps !== job.totalSteps)
        yield { $case: 'job', value: job };
      reported = job;
      if (hasEnded(job)) return;
      await untilAborted(changed, signal);
      signal.throwIfAborted();
    }
  }

  /** Interrupts running jobs after a checkpoint; the next start resumes them. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { controller } of this.#entries.values()) controller?.abort();
    await Promise.all(this.#running);
  }

  #startWaiting(): void {
    while (!this.#closing && this.#running.size < this.#options.maxJobs) {
      const entry = this.#queue.shift();
      if (entry === undefined) return;
      const work = this.#runToEnd(entry).finally(() => {
        this.#running.delete(work);
        this.#startWaiting();
      });
      this.#running.add(work);
    }
  }

  async #runToEnd(entry: Entry): Promise<void> {
    const { folder, run } = this.#options;
    const { id, spec = training.JobSpec.create() } = entry.job;
    const controller = new AbortController();
    entry.controller = controller;
    entry.steps.length = 0;
    try {
      await this.#update(entry, { state: JobState.RUNNING });
      for await (const event of run(spec, jobPaths(folder, id), controller.signal))
        await this.#take(entry, event);
    } catch (error) {
      // A job interrupted by this service's own stop stays "running" on disk; the next start resumes it.
      if (this.#closing) return;
      if (controller.signal.aborted) await this.#endUnsuccessfully(entry, { state: JobState.CANCELLED });
      else await this.#fail(entry, error);
    } finally {
      delete entry.controller;
    }
  }

  /** Intended errors show their own message; the detail of any other is only in the log. */
  async #fail(entry: Entry, error: unknown): Promise<void> {
    const { logger } = this.#options;
    const job = entry.job.id;
    if (isStorageTrouble(error))
      logger.error({ err: error, job }, 'job failed: a disk is full, or may not be written');
    else if (error instanceof SipfError)
      logger.warn({ job, reason: error.reason }, `job failed: ${error.message}`);
    else logger.error({ err: error, job }, 'job failed unexpectedly');
    await this.#endUnsuccessfully(entry, failureOf(error));
  }

  async #take(entry: Entry, event: JobEvent): Promise<void> {
    switch (event.kind) {
      case 'started':
        await this.#update(entry, { totalSteps: event.totalSteps, droppedRows: event.droppedRows });
        return;
      case 'step':
        entry.steps.push(event.metrics);
        entry.job = { ...entry.job, step: event.metrics.step };
        entry.change.notify();
        return;
      case 'restarted':
        await this.#update(entry, { restarts: entry.job.restarts + 1 });
        return;
      case 'finished':
        await this.#end(entry, { state: JobState.SUCCEEDED, result: event.result });
    }
  }

  async #end(entry: Entry, change: Partial<training.Job>): Promise<void> {
    const { folder } = this.#options;
    await saveMetrics(folder, entry.job.id, entry.steps);
    await this.#update(entry, { ...change, finishedAt: new Date(this.#options.now()) });
    // A cancelled job, or one that found no room, may start again and then resumes from its checkpoint.
    const { STORAGE_FULL, STORAGE_READ_ONLY } = common.ErrorReason;
    const isPassing = change.failureReason === STORAGE_FULL || change.failureReason === STORAGE_READ_ONLY;
    if (change.state === JobState.CANCELLED || isPassing) return;
    await removeWorkFiles(folder, entry.job.id);
  }

  /** As `#end`; where even that cannot be saved, only this process knows it, and the next one resumes the job. */
  async #endUnsuccessfully(entry: Entry, change: Partial<training.Job>): Promise<void> {
    try {
      await this.#end(entry, change);
    } catch (error) {
      const { logger, now } = this.#options;
      logger.error({ err: error, job: entry.job.id }, 'the end of a job cannot be written');
      entry.job = { ...entry.job, ...change, finishedAt: new Date(now()) };
      entry.change.notify();
    }
  }

  /** Of two who give orders for one run the one counts who took it over from the other. */
  async #heed(entry: Entry, epoch: number): Promise<void> {
    const { id, epoch: highest } = entry.job;
    if (epoch !== 0 && epoch < highest) {
      const message = `an order for job ${id} comes from an orchestrator whose run another one has taken over`;
      throw new SipfError('failed-precondition', message, { reason: 'LEASE_LOST' });
    }
    if (epoch > highest) await this.#update(entry, { epoch });
  }

  async #update(entry: Entry, change: Partial<training.Job>): Promise<void> {
    await entry.inTurn(async () => {
      await saveJob(this.#options.folder, { ...entry.job, ...change });
      entry.job = { ...entry.job, ...change };
      entry.change.notify();
    });
  }

  #add(job: training.Job): Entry {
    const entry: Entry = { job, steps: [], change: new ChangeSignal(), inTurn: pLimit(1) };
    this.#entries.set(job.id, entry);
    return entry;
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined)
      throw new SipfError('not-found', `there is no job ${id}`, { reason: 'JOB_NOT_FOUND' });
    return entry;
  }
}

function hasEnded({ state }: training.Job): boolean {
  return state === JobState.SUCCEEDED || state === JobState.FAILED || state === JobState.CANCELLED;
}

function assertSameSpec(job: training.Job, spec: training.JobSpec): void {
  const bytes = (value: training.JobSpec): Buffer => Buffer.from(training.JobSpec.encode(value).finish());
  if (job.spec !== undefined && bytes(job.spec).equals(bytes(spec))) return;
  const message =
    `job ${job.id} exists with another specification: give this one another id, or delete ` +
    `the folder jobs/${job.id} of the service's state while the service does not run`;
  throw new SipfError('already-exists', message, { reason: 'JOB_EXISTS' });
}

/** A failure as callers see it. */
function failureOf(cause: unknown): Partial<training.Job> {
  const error = storageTrouble('the training service', cause) ?? cause;
  if (!(error instanceof SipfError)) {
    return {
      state: JobState.FAILED,
      failure: 'an unexpected error; the log of the training service has the detail',
      failureReason: common.ErrorReason.INTERNAL,
    };
  }
  return { state: JobState.FAILED, failure: error.message, failureReason: errorReason(error.reason) };
}
