import { deviceRefusal } from '@sipf/contracts/devices';
import { SipfError, type FieldViolation } from '@sipf/errors';
import { learningRateAt, type Schedule } from '@sipf/graph';
import { QUANTISATIONS, type DecoderConfig, type MemorySettings } from '@sipf/models';
import { blocksThatPay } from '../data/blocks-that-pay.ts';
import { checkDataset } from '../data/check-dataset.ts';
import { createDataOrder, type DataOrder } from '../data/data-order.ts';
import { sharingPays } from '../data/sharing-pays.ts';
import { exampleLengths } from '../data/training-example.ts';
import type { TrainingJob } from './training-job.ts';

/** What the loop does, step by step. */
export interface TrainingPlan {
  readonly totalSteps: number;
  readonly order: DataOrder;
  /** See StepSettings. */
  readonly memory: MemorySettings;
  /** See StepSettings. */
  readonly sharedPrompts: boolean;
  /** See StepSettings. */
  readonly causalBlocks: number;
  /** @param step 0 for the first update */
  learningRate(step: number): number;
}

/** Above this vocabulary logits are computed piece by piece unless the job says otherwise. */
const LARGE_VOCABULARY = 65_536;
const DEFAULT_PIECE = 16_384;

/** @throws SipfError invalid-argument TRAINING_INVALID naming every wrong field, DATASET_INVALID */
export function planTraining(job: TrainingJob, config: DecoderConfig): TrainingPlan {
  checkSettings(job);
  const maxTokens = Math.min(job.maxSequenceTokens ?? Infinity, config.maxPositionEmbeddings);
  checkDataset(job.dataset, job.objective.kind, { config, maxTokens });
  const order = createDataOrder({
    count: job.dataset.examples.length,
    batchSize: job.batchSize,
    seed: `${job.seed}/data`,
    ...(job.groupByLength === true && { lengths: exampleLengths(job.dataset) }),
  });
  const schedule = scheduleOf(job, order.batchesPerEpoch);
  const { totalSteps } = schedule;
  const sharedPrompts = job.sharePrompts ?? sharingPays(job.dataset, config);
  return {
    totalSteps,
    order,
    memory: { ...job.memory, vocabularyPiece: job.memory?.vocabularyPiece ?? usualPiece(config) },
    sharedPrompts,
    causalBlocks: blocksThatPay(job.dataset, config, sharedPrompts),
    learningRate: (step) => learningRateAt(schedule, step),
  };
}

function usualPiece({ vocabSize }: DecoderConfig): number | undefined {
  return vocabSize > LARGE_VOCABULARY ? DEFAULT_PIECE : undefined;
}

/** What says how many updates there are and at which rates. */
export type ScheduledJob = Pick<TrainingJob, 'epochs' | 'maxSteps' | 'schedule'>;

/**
 * The rates of a training, over as many updates as transformers' Trainer makes: a part of an epoch's is rounded up.
 * @throws SipfError invalid-argument TRAINING_INVALID where the rate of every update is 0, so that nothing would be learnt
 */
export function scheduleOf(
  { epochs = 0, maxSteps, schedule }: ScheduledJob,
  batchesPerEpoch: number,
): Schedule {
  const totalSteps = maxSteps ?? Math.ceil(epochs * batchesPerEpoch);
  const { kind = 'linear', learningRate: peak, warmupRatio = 0 } = schedule;
  const warmupSteps = Math.ceil(warmupRatio * totalSteps);
  if (Math.fround(peak) === 0) throw nothingLearnt('schedule.learningRate', 'is 0: give a rate over 0');
  if (totalSteps === 1 && warmupSteps === 1) {
    const description = 'makes the one update warm-up from rate 0: set it to 0, or train for more updates';
    throw nothingLearnt('schedule.warmupRatio', description);
  }
  return { kind, peak, warmupSteps, totalSteps };
}

function nothingLearnt(field: string, description: string): SipfError {
  return new SipfError('invalid-argument', `training: nothing would be learnt: ${field} ${description}`, {
    reason: 'TRAINING_INVALID',
    violations: [{ field, description }],
  });
}

function checkSettings(job: TrainingJob): void {
  const { batchSize, accumulation = 1, epochs, maxSteps, schedule, checkpoint } = job;
  const violations: FieldViolation[] = [];
  const check = (holds: boolean, field: string, description: string): void => {
    if (!holds) violations.push({ field, description });
  };
  const positive = (value: number): boolean => Number.isInteger(value) && value > 0;
  check(positive(batchSize), 'batchSize', `must be a positive integer, got ${batchSize}`);
  check(
    positive(accumulation) && accumulation <= batchSize,
    'accumulation',
    `must be an integer from 1 to the batch size, got ${accumulation}`,
  );
  check(maxSteps === undefined || positive(maxSteps), 'maxSteps', 'must be a positive integer');
  check(epochs === undefined || epochs > 0, 'epochs', 'must be above 0');
  check(epochs !== undefined || maxSteps !== undefined, 'epochs', 'or maxSteps must be given');
  const { quantisation = 'none', trainable, device = 'cpu', precision = 'float32' } = job;
  const vocabularyPiece = job.memory?.vocabularyPiece;
  check(QUANTISATIONS.includes(quantisation), 'quantisation', `must be one of ${QUANTISATIONS.join(', ')}`);
  check(
    quantisation === 'none' || trainable.kind !== 'full',
    'quantisation',
    'needs frozen weights: train an adapter or a head',
  );
  check(vocabularyPiece === undefined || positive(vocabularyPiece), 'vocabularyPiece', 'must be positive');
  check(job.sharePrompts !== true || job.dataset.kind === 'preference', 'sharePrompts', 'is for pairs');
  const known = QUANTISATIONS.includes(quantisation) ? quantisation : 'none';
  const why = deviceRefusal({ device, precision, quantisation: known, work: 'training' });
  check(why === undefined, precision === 'float32' ? 'quantisation' : 'precision', why ?? '');
  check(schedule.learningRate >= 0, 'schedule.learningRate', 'must be at least 0');
  const { warmupRatio = 0 } = schedule;
  check(warmupRatio >= 0 && warmupRatio <= 1, 'schedule.warmupRatio', 'must be in [0, 1]');
  check(
    checkpoint === undefined || positive(checkpoint.everySteps),
    'checkpoint.everySteps',
    'must be positive',
  );
  if (violations.length === 0) return;
  const words = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
  throw new SipfError('invalid-argument', `training: ${words}`, { reason: 'TRAINING_INVALID', violations });
}
