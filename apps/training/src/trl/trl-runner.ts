import type { ArtifactStore } from '@sipf/artifacts';
import type { training } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { checkDataset, scheduleOf, type TrainingDataset } from '@sipf/learning';
import { isModelFile, readDecoderConfig, type TokenClassificationHead } from '@sipf/models';
import type { Logger } from '@sipf/service';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPaths } from '../jobs/job-files.ts';
import type { JobEvent, RunJob } from '../jobs/job-registry.ts';
import type { CountStep } from '../measure-trainer.ts';
import { fittingDataset, resultOf, startFolder } from '../run/job-inputs.ts';
import { createAttempt } from './attempt.ts';
import { checkCheckpoint } from './check-checkpoint.ts';
import { checkResult, checkStart } from './check-result.ts';
import { writeRows } from './dataset-rows.ts';
import { logEnvironment } from './environment.ts';
import type { Launch, TrainerEnd } from './launch.ts';
import type { TrainerLayout } from './layout.ts';
import { toOrder, type OrderFiles, type TrainingOrder } from './order.ts';
import type { Progress } from './progress.ts';
import type { TrlEngine } from './trl-engine.ts';

export interface TrlRunnerOptions {
  readonly store: ArtifactStore;
  /** Gives the command for an order's file. */
  readonly launch: (orderFile: string) => Launch;
  readonly layout: TrainerLayout;
  readonly checkpointEvery: number;
  readonly checkpointSeconds: number;
  readonly logger: Logger;
  /** Learns what trainings run on. */
  readonly engine: Pick<TrlEngine, 'learn'>;
  readonly count: CountStep;
}

/**
 * Runs jobs by TRL: model and data from the store, the trained folder into it, as the engine's runner does. A trainer that dies
 * resumes from its last checkpoint, as long as each attempt gets further than the one before.
 */
export function createTrlRunner(options: TrlRunnerOptions): RunJob {
  return async function* run(spec, files, signal): AsyncGenerator<JobEvent> {
    const { orderFile, order, droppedRows } = await prepare(options, spec, files);
    // An existing result is from an attempt whose service died before it could store the result.
    await rm(order.outputFolder, { recursive: true, force: true });
    let furthest = 0;
    for (;;) {
      const attempt = createAttempt(options.launch(orderFile), { progressFile: order.progressFile, signal });
      let reached = 0;
      for await (const event of attempt.events()) {
        if (event.event === 'started') yield { kind: 'started', totalSteps: event.totalSteps, droppedRows };
        if (event.event === 'environment') {
          logEnvironment(options.logger, event);
          await options.engine.learn(event);
        }
        if (event.event !== 'step') continue;
        reached = event.step;
        // A new attempt repeats the steps before its checkpoint.
        if (event.step <= furthest) continue;
        // The trainer does not report a step's tokens.
        options.count(order.objective.kind, { tokens: 0, values: event.values });
        yield stepOf(event);
      }
      const end = await attempt.end;
      if (end.isFinished) break;
      options.logger.warn(
        { status: end.status, signal: end.signal, lastWords: end.lastWords },
        'a trainer ended',
      );
      if (reached <= furthest) throw trainerFailed(end);
      furthest = reached;
      yield { kind: 'restarted' };
    }
    await checkResult(order);
    const { digest } = await options.store.putFolder(order.outputFolder, isModelFile);
    yield { kind: 'finished', result: resultOf(spec, digest) };
  };
}

interface Prepared {
  readonly orderFile: string;
  readonly order: TrainingOrder;
  readonly droppedRows: number;
}

/** Writes the order and its rows; checkpoints of an earlier attempt stay. */
async function prepare(
  { store, layout, checkpointEvery, checkpointSeconds }: TrlRunnerOptions,
  spec: training.JobSpec,
  { trainer: folder, output }: JobPaths,
): Promise<Prepared> {
  const start = await startFolder(store, spec);
  const files: OrderFiles = {
    datasetFile: join(folder, 'rows.jsonl'),
    progressFile: join(folder, 'progress.jsonl'),
    checkpointFolder: join(folder, 'checkpoints'),
    outputFolder: output,
  };
  const startHead = verifierHeadOf(start.folder);
  const order = toOrder(spec, { start, files, layout, checkpointEvery, checkpointSeconds, startHead });
  await checkStart(order);
  const { dataset, dropped } = await fittingDataset(store, spec, start);
  checkRows(dataset, order, start.folder);
  checkRates(order, dataset.examples.length);
  await mkdir(folder, { recursive: true });
  const orderFile = join(folder, 'order.json');
  await checkCheckpoint(orderFile, order);
  await writeRows(files.datasetFile, dataset);
  await writeFile(orderFile, JSON.stringify(order));
  return { orderFile, order, droppedRows: dropped };
}

/** The head of a verifier that is trained further; undefined for a language model, which gets the head that the job asks for. */
function verifierHeadOf(folder: string): TokenClassificationHead | undefined {
  const { head } = readDecoderConfig(folder);
  return head !== 'lm' && head.kind === 'token-classification' ? head : undefined;
}

/** The engine's checks. */
function checkRows(
  dataset: TrainingDataset,
  { objective, maxSequenceTokens }: TrainingOrder,
  folder: string,
): void {
  const config = readDecoderConfig(folder);
  const maxTokens = Math.min(maxSequenceTokens, config.maxPositionEmbeddings);
  const { kind } = objective;
  // The trainer makes the reference of DPO and RPO itself, so that their rows have none yet.
  const rowsOf = kind === 'reward' ? 'process-reward' : kind === 'sft' ? kind : 'orpo';
  checkDataset(dataset, rowsOf, { config, maxTokens });
}

/** The same as the engine's. */
function checkRates({ optimisation }: TrainingOrder, count: number): void {
  const { batchSize, maxSteps, epochs, learningRate, warmupRatio } = optimisation;
  const limit = maxSteps > 0 ? { maxSteps } : { epochs };
  scheduleOf({ ...limit, schedule: { learningRate, warmupRatio } }, Math.ceil(count / batchSize));
}

type Step = Extract<Progress, { event: 'step' }>;

function stepOf({ step, epoch, values }: Step): JobEvent {
  return { kind: 'step', metrics: { step, values: { ...values, epoch } } };
}

function trainerFailed({ status, signal }: TrainerEnd): SipfError {
  const how = signal === null ? `with status ${String(status)}` : `by ${signal}`;
  const message = `the trainer ended ${how}; the log of the training service has its last words`;
  return new SipfError('unavailable', message, { reason: 'TRAINER_FAILED' });
}
