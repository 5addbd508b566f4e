import { ExternalTensors, plainnessOf, type Placement } from '@sipf/inference';
import { createRng } from '@sipf/random';
import { collate, type CollatedBatch } from '../data/collate.ts';
import { chunks } from '../data/data-order.ts';
import { sharePrompts } from '../data/share-prompts.ts';
import {
  buildApplyStep,
  buildGradientStep,
  buildTrainingStep,
  countItems,
  optimiserScalars,
  quantiseFrozen,
  STEP_NAMES,
  type StepSettings,
} from '../step/index.ts';
import type { TrainingState } from './checkpoint.ts';
import type { StartingModel } from './starting-model.ts';
import { openStepSession, type StepSession } from './step-session.ts';
import type { TrainingJob } from './training-job.ts';

/** One update, as the loop asks for it. */
interface UpdateOrder {
  /** 0 for the first. */
  readonly step: number;
  readonly learningRate: number;
  /** The effective batch. */
  readonly indices: readonly number[];
}

/** What an update gives. */
interface UpdateResult {
  readonly values: Record<string, number>;
  readonly tokens: number;
}

/** A step's settings, and the model that it trains. */
export type RunnerSettings = Omit<StepSettings, 'config' | 'frozen' | 'outside'> & {
  readonly model: Pick<StartingModel, 'config' | 'read' | 'folder' | 'locate'>;
};

/** Makes updates on a state; owns its sessions. */
export interface UpdateRunner {
  /** Changes the state's vectors in place. */
  update(state: TrainingState, order: UpdateOrder): Promise<UpdateResult>;
  /** Where a batch's gradient is computed; known after the first update on a device. */
  readonly placement: Placement | undefined;
  close(): Promise<void>;
}

/** One session for whole batches, two where gradients are accumulated. The model's frozen weights stay outside their graphs. */
export async function openUpdateRunner(
  { model, ...how }: RunnerSettings,
  job: TrainingJob,
): Promise<UpdateRunner> {
  const { threads = 1, device = 'cpu' } = job;
  const external = new ExternalTensors(model.folder);
  const settings: StepSettings = {
    ...how,
    config: model.config,
    plainness: plainnessOf(device),
    frozen: model.read,
    outside: (name) => model.locate(name) ?? external.put(name, model.read(name)),
  };
  const arrange: Arrange = settings.sharedPrompts === true ? sharePrompts : (batch) => batch;
  const options = { threads, device, frozen: frozenArrays(settings), external };
  if ((job.accumulation ?? 1) === 1) {
    const session = await openStepSession(buildTrainingStep(settings, job.optimiser), options);
    return new WholeBatchRunner(session, job, arrange);
  }
  const gradient = await openStepSession(buildGradientStep(settings), options);
  const apply = await openStepSession(buildApplyStep(settings, job.optimiser), { threads, device });
  return new AccumulatingRunner({ gradient, apply }, job, arrange);
}

function frozenArrays({ config, trainable, quantisation = 'none', frozen }: StepSettings) {
  if (quantisation === 'none' || frozen === undefined) return new Map<string, Float32Array>();
  return quantiseFrozen({ config, trainable, quantisation }, frozen);
}

/** A collated batch as the step's graph wants it. */
type Arrange = (batch: CollatedBatch) => CollatedBatch;

class WholeBatchRunner implements UpdateRunner {
  readonly #session: StepSession;
  readonly #job: TrainingJob;
  readonly #arrange: Arrange;

  constructor(session: StepSession, job: TrainingJob, arrange: Arrange) {
    this.#session = session;
    this.#job = job;
    this.#arrange = arrange;
  }

  get placement(): Placement | undefined {
    return this.#session.placement;
  }

  async update(state: TrainingState, order: UpdateOrder): Promise<UpdateResult> {
    const batch = collate(this.#job.dataset, order.indices);
    const scalars = {
      ...countItems(this.#job.objective, batch.arrays, batch.length),
      ...optimiserScalars(order.step + 1, order.learningRate, this.#job.optimiser),
      [STEP_NAMES.dropoutSeed]: dropoutSeed(this.#job, order.step, 0),
    };
    const values = await this.#session.run(vectorsOf(state), { batch: this.#arrange(batch), scalars });
    return { values, tokens: batch.rows * batch.length };
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

class AccumulatingRunner implements UpdateRunner {
  readonly #gradient: StepSession;
  readonly #apply: StepSession;
  readonly #job: TrainingJob;
  readonly #arrange: Arrange;

  constructor(
    sessions: { readonly gradient: StepSession; readonly apply: StepSession },
    job: TrainingJob,
    arrange: Arrange,
  ) {
    this.#gradient = sessions.gradient;
    this.#apply = sessions.apply;
    this.#job = job;
    this.#arrange = arrange;
  }

  get placement(): Placement | undefined {
    return this.#gradient.placement;
  }

  async update(state: TrainingState, order: UpdateOrder): Promise<UpdateResult> {
    const { dataset, objective, accumulation = 1, optimiser } = this.#job;
    const parts = chunks(order.indices, Math.ceil(order.indices.length / accumulation));
    const batches = parts.map((indices) => collate(dataset, indices));
    const counts = sumRecords(batches.map(({ arrays, length }) => countItems(objective, arrays, length)));
    const vectors = {
      ...vectorsOf(state),
      [STEP_NAMES.gradient]: new Float32Array(state.parameters.length),
    };
    const sums: Record<string, number>[] = [];
    for (const [part, batch] of batches.entries()) {
      const seed = dropoutSeed(this.#job, order.step, part);
      const scalars = { ...counts, [STEP_NAMES.dropoutSeed]: seed };
      sums.push(await this.#gradient.run(vectors, { batch: this.#arrange(batch), scalars }));
    }
    const scalars = optimiserScalars(order.step + 1, order.learningRate, optimiser);
    const applied = await this.#apply.run(vectors, { scalars });
    return { values: { ...sumRecords(sums), ...applied }, tokens: tokensOf(batches) };
  }

  async close(): Promise<void> {
    await this.#gradient.close();
    await this.#apply.close();
  }
}

function vectorsOf(state: TrainingState): Record<string, Float32Array> {
  return {
    [STEP_NAMES.parameters]: state.parameters,
    [STEP_NAMES.firstMoment]: state.firstMoment,
    [STEP_NAMES.secondMoment]: state.secondMoment,
  };
}

function dropoutSeed(job: TrainingJob, step: number, part: number): number {
  return createRng(job.seed)
    .split(`dropout/${step}/${part}`)
    .integer(2 ** 31);
}

function sumRecords(records: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

function tokensOf(batches: readonly CollatedBatch[]): number {
  return batches.reduce((sum, { rows, length }) => sum + rows * length, 0);
}
