import type { ArtifactStore } from '@sipf/artifacts';
import { training, type DeviceName } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { createScorer, describePlacement } from '@sipf/inference';
import { addReferenceLogProbs, type Trainer, type TrainingEvent, type TrainingJob } from '@sipf/learning';
import { isModelFile } from '@sipf/models';
import type { Logger } from '@sipf/service';
import { removeLeftovers, type JobPaths } from '../jobs/job-files.ts';
import type { JobEvent, RunJob } from '../jobs/job-registry.ts';
import { fittingDataset, resultOf, startFolder } from './job-inputs.ts';
import { toTrainingJob, type StartFolder } from './training-job.ts';

export interface JobRunnerOptions {
  readonly store: ArtifactStore;
  readonly trainer: Trainer;
  readonly threads: number;
  readonly device: DeviceName;
  readonly checkpointEvery: number;
  readonly checkpointSeconds: number;
  readonly logger: Logger;
}

/** Runs jobs: model and data from the store, the trained folder into it. */
export function createJobRunner(options: JobRunnerOptions): RunJob {
  return async function* run(spec, files, signal): AsyncGenerator<JobEvent> {
    const start = await startFolder(options.store, spec);
    // No caller has seen what an interrupted attempt left here.
    await removeLeftovers(files);
    const { job, droppedRows } = await prepare(options, { spec, files, start, signal });
    for await (const event of options.trainer.train(job, { signal })) {
      const jobEvent = await jobEventOf(event, { ...options, spec, droppedRows });
      if (jobEvent !== undefined) yield jobEvent;
    }
  };
}

interface Preparation {
  readonly spec: training.JobSpec;
  readonly files: JobPaths;
  readonly start: StartFolder;
  readonly signal: AbortSignal;
}

interface PreparedJob {
  readonly job: TrainingJob;
  readonly droppedRows: number;
}

async function prepare(
  { store, threads, device, checkpointEvery, checkpointSeconds }: JobRunnerOptions,
  { spec, files, start, signal }: Preparation,
): Promise<PreparedJob> {
  const { dataset, dropped } = await fittingDataset(store, spec, start);
  const complete: TrainingJob = {
    ...toTrainingJob(spec, { start, dataset, outputFolder: files.output }),
    threads,
    ...(device === 'cpu' ? {} : { device }),
    checkpoint: { file: files.checkpoint, everySteps: checkpointEvery, everySeconds: checkpointSeconds },
  };
  const job = needsReference(spec)
    ? await withReference(complete, { start, device, threads, signal })
    : complete;
  return { job, droppedRows: dropped };
}

/** DPO and RPO use the model that training starts from as their reference. */
async function withReference(
  job: TrainingJob,
  {
    start,
    device,
    threads,
    signal,
  }: Pick<Preparation, 'start' | 'signal'> & Pick<JobRunnerOptions, 'device' | 'threads'>,
): Promise<TrainingJob> {
  const { dataset } = job;
  if (dataset.kind !== 'preference' || job.start.kind !== 'pretrained') {
    throw new SipfError('invalid-argument', 'DPO and RPO need a model to start from', {
      reason: 'INVALID_FIELD',
      violations: [{ field: 'spec.base_model', description: 'is required for this loss' }],
    });
  }
  const { folder, digest, adapterFolder } = start;
  const source = { folder, digest, ...(adapterFolder === undefined ? {} : { adapterFolder }) };
  const scorer = await createScorer(source, { device, threadsPerWorker: threads });
  try {
    const examples = await addReferenceLogProbs(dataset.examples, scorer, { signal });
    return { ...job, dataset: { kind: 'preference', examples } };
  } finally {
    await scorer.close();
  }
}

function needsReference({ objective }: training.JobSpec): boolean {
  if (objective?.$case !== 'preference') return false;
  return objective.value.loss !== training.PreferenceLoss.ORPO;
}

async function jobEventOf(
  event: TrainingEvent,
  {
    store,
    spec,
    droppedRows,
    logger,
  }: Pick<JobRunnerOptions, 'store' | 'logger'> & {
    readonly spec: training.JobSpec;
    readonly droppedRows: number;
  },
): Promise<JobEvent | undefined> {
  switch (event.kind) {
    case 'started':
      logger.info({ steps: event.totalSteps }, `memory ${event.memory}`);
      return { kind: 'started', totalSteps: event.totalSteps, droppedRows };
    case 'step':
      return { kind: 'step', metrics: { step: event.step, values: { ...event.values, epoch: event.epoch } } };
    case 'restarted':
      return { kind: 'restarted' };
    case 'placed':
      logger.info(event.placement, describePlacement(event.placement));
      return undefined;
    case 'checkpoint':
      return undefined;
    case 'finished': {
      const { digest } = await store.putFolder(event.outputFolder, isModelFile);
      return { kind: 'finished', result: resultOf(spec, digest) };
    }
  }
}
