import { FolderArtifactStore, MEDIA_TYPES } from '@sipf/artifacts';
import { training } from '@sipf/contracts';
import { loadModelFolder, openSafetensors, type HeadConfig } from '@sipf/models';
import { createClient, type ServiceClient } from '@sipf/service';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { collect } from '../../support/calls.ts';
import { startProgram } from '../../support/start-program.ts';
import { rows } from '../../support/training-rows.ts';
import { ADAPTER, TrlStarts } from './trl-starts.ts';

/** Processes load PyTorch, on a machine that does other things. */
export const LIMIT_MS = 600_000;

type TrainingClient = ServiceClient<training.TrainingServiceDefinition>;
export type Tensors = ReadonlyMap<string, Float32Array>;

/** A job as its watcher saw it end. */
export interface Followed {
  readonly job: training.Job | undefined;
  readonly steps: readonly number[];
  readonly losses: readonly number[];
}

/** A line of a trainer's progress. */
interface Reported {
  readonly event: string;
  readonly step?: number;
}

/** What a job trains, on which rows. */
export interface TrainingWork {
  readonly rows: keyof typeof rows;
  readonly objective: NonNullable<training.JobSpec['objective']>;
  /** Of the model that it starts from, or of the adapter where one is trained. @default 'lm' */
  readonly head?: HeadConfig;
  /** How the decoder is kept while the start's adapter is trained, see ADAPTER; absent for a job without one. */
  readonly adapterOn?: training.Quantisation;
  /** Whether the start's adapter becomes part of the model, which is trained in full. */
  readonly merges?: boolean;
  /** Of what is frozen and of products. @default float32 */
  readonly precision?: training.Precision;
}

const DPO: TrainingWork = {
  rows: 'preference',
  objective: {
    $case: 'preference',
    value: training.PreferenceObjective.fromPartial({ loss: training.PreferenceLoss.DPO, beta: 0.1 }),
  },
};

const KILLED_AT = 5;

/** Training services with folders of their own over one store, and what their jobs leave. */
export class TrlServices {
  readonly #folder: string;
  readonly #store: FolderArtifactStore;
  readonly #starts: TrlStarts;

  constructor(folder: string) {
    this.#folder = folder;
    this.#store = new FolderArtifactStore(join(folder, 'store'));
    this.#starts = new TrlStarts(folder, this.#store);
  }

  /** A model of random weights, by default in full by DPO; every update has all rows, so that their order changes nothing. */
  async spec(maxSteps: number, work: TrainingWork = DPO): Promise<training.JobSpec> {
    const {
      objective,
      head = 'lm',
      adapterOn,
      merges = false,
      precision = training.Precision.UNSPECIFIED,
    } = work;
    const isWhole = adapterOn === undefined;
    const baseModel = await (isWhole && !merges ? this.#starts.base(head) : this.#starts.adapter(head));
    const used = rows[work.rows];
    const text = used.map((row) => `${JSON.stringify(row)}\n`).join('');
    const { digest } = await this.#store.putBytes(new TextEncoder().encode(text), MEDIA_TYPES.jsonLines);
    const optimisation = training.Optimisation.create({
      ...{ learningRate: 1e-3, batchSize: used.length, maxSteps, maxSequenceTokens: 64 },
      ...{ schedule: training.Schedule.CONSTANT, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, maxGradNorm: 1 },
      ...{ recomputeLayers: true, precision },
    });
    return training.JobSpec.fromPartial({
      ...{ baseModel, dataset: { digest }, optimisation, objective },
      ...(!isWhole && { lora: { ...ADAPTER, quantisation: adapterOn } }),
    });
  }

  /** The flags of a service whose own folder is this one. */
  flags(state: string, more: readonly string[] = []): string[] {
    return ['--state', join(this.#folder, state), '--artifacts', join(this.#folder, 'store'), ...more];
  }

  /** Runs a job, called as its service's folder, to its end. */
  async run(jobId: string, spec: training.JobSpec, more: readonly string[] = []): Promise<Followed> {
    await using program = await startProgram('training', this.flags(jobId, more));
    using client = createClient(training.TrainingServiceDefinition, program.address);
    await client.startJob({ jobId, spec });
    const followed = await follow(client, jobId);
    if (followed.job?.state !== training.JobState.SUCCEEDED)
      throw new Error(`${jobId}: ${followed.job?.failure ?? ''}\n${program.log()}`);
    return followed;
  }

  /** Kills a job's service in the middle of its training. @returns what the attempt had reported */
  async kill(jobId: string, spec: training.JobSpec, more: readonly string[]): Promise<readonly Reported[]> {
    const program = await startProgram('training', this.flags(jobId, more));
    using client = createClient(training.TrainingServiceDefinition, program.address);
    await client.startJob({ jobId, spec });
    await reached(client, jobId, KILLED_AT);
    program.child.kill('SIGKILL');
    await program.ended;
    const before = this.progress(jobId, jobId);
    expect(before.map(({ event }) => event)).not.toContain('finished');
    return before;
  }

  /** Starts a killed job's service again, and sees that it goes on where it was. @param before as {@link kill} returned it */
  async resume(jobId: string, before: readonly Reported[], more: readonly string[]): Promise<Followed> {
    await using program = await startProgram('training', this.flags(jobId, more));
    using client = createClient(training.TrainingServiceDefinition, program.address);
    await reached(client, jobId, Math.max(...before.map(({ step = 0 }) => step)) + 1);
    // An attempt from the start would have written its first checkpoint again.
    const saved = this.progress(jobId, jobId).filter(({ event }) => event === 'checkpoint');
    expect(saved.map(({ step }) => step)).not.toContain(2);
    const ended = await follow(client, jobId);
    expect([ended.job?.state, ended.job?.failure], program.log()).toEqual([training.JobState.SUCCEEDED, '']);
    return ended;
  }

  /** What a job has trained. */
  async tensors({ job }: Followed): Promise<Tensors> {
    const digest = job?.result?.digest ?? '';
    const model = await loadModelFolder(
      await this.#store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder }),
    );
    const tensors = new Map(model.tensors.names.map((name) => [name, model.tensors.float32(name)]));
    model.close();
    return tensors;
  }

  /** An adapter's. @param digest a job's, or its start's */
  async adapterTensors(digest: string): Promise<Tensors> {
    const at = await this.#store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
    const file = openSafetensors(join(at, 'adapter_model.safetensors'));
    const tensors = new Map(file.names.map((name) => [name, file.float32(name)]));
    file.close();
    return tensors;
  }

  /** What a job's present attempt has reported; nothing before it does. */
  progress(state: string, jobId: string): readonly Reported[] {
    return readIfThere(join(this.#folder, state, 'jobs', jobId, 'trainer/progress.jsonl'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Reported);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Watches a job to its end. */
export async function follow(client: TrainingClient, jobId: string): Promise<Followed> {
  const events = await collect(client.watchJob({ jobId, fromStep: 0 }, { deadlineMs: LIMIT_MS }));
  const metrics = events.flatMap(({ event }) => (event?.$case === 'metrics' ? [event.value] : []));
  return {
    job: events.flatMap(({ event }) => (event?.$case === 'job' ? [event.value] : [])).at(-1),
    steps: metrics.map(({ step }) => step),
    losses: metrics.map(({ values }) => values['loss'] ?? NaN),
  };
}

/** Resolves once the job has made this step. @throws Error when it ends before */
export async function reached(client: TrainingClient, jobId: string, step: number): Promise<void> {
  for await (const { event } of client.watchJob({ jobId, fromStep: 0 }, { deadlineMs: LIMIT_MS }))
    if (event?.$case === 'metrics' && event.value.step >= step) return;
  throw new Error(`${jobId} ended before step ${step}`);
}

/** The largest difference of two values of one place. */
export function furthest(of: Tensors, other: Tensors): number {
  const differences = [...of].map(([name, values]) =>
    values.reduce((most, value, at) => Math.max(most, Math.abs(value - (other.get(name)?.[at] ?? NaN))), 0),
  );
  return Math.max(...differences);
}
