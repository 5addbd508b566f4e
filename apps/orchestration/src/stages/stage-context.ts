import type { ArtifactStore } from '@sipf/artifacts';
import type { common, RunConfig } from '@sipf/contracts';
import { createRng, type Rng } from '@sipf/random';
import {
  DATA,
  kindOfStage,
  parseModel,
  readResult,
  type AppendOnlyFile,
  type JournalEntry,
  type Lease,
  type Program,
  type SettingsOf,
  type StageKind,
  type StageOf,
  type StageResult,
  type StageResults,
  type TrainingKind,
  type RunState,
} from '@sipf/runs';
import type { Task } from '@sipf/tasks';
import type { Services } from '../services/services.ts';

/** What a stage of a kind may use. Stages know each other only by their results. */
export interface StageContext<K extends StageKind = StageKind> {
  readonly runId: string;
  readonly stage: StageOf<K>;
  /** What its kind reads of the run's configuration. */
  readonly settings: SettingsOf<K>;
  readonly seed: number;
  readonly limits: RunConfig['limits'];
  readonly task: Task;
  readonly artifacts: ArtifactStore;
  readonly services: Services;
  readonly signal: AbortSignal;
  /** The run's: what is written into its folder asks it, and orders carry its epoch. */
  readonly lease: Pick<Lease, 'epoch' | 'check'>;
  /** The run's folder, for what people read; artifacts go into the store. */
  readonly folder: string;
  /** Result of a completed stage. @throws RangeError for one that the stage does not come after */
  result(stage: string): StageResult;
  /** The results of every completed stage. */
  readonly results: ReadonlyMap<string, StageResult>;
  /** The programs at work on the run, for the report: see RunState. */
  readonly programs: readonly Program[];
  /** What computed each stage, for the report: see RunState. */
  readonly engines: RunState['engines'];
  /** What earlier attempts of this stage finished. */
  openJournal<R>(): Promise<AppendOnlyFile<JournalEntry<R>>>;
  progress(done: number, total: number, figures?: Readonly<Record<string, number>>): void;
  /** Metrics of one training step, for metrics.jsonl. */
  recordMetrics(step: number, values: Readonly<Record<string, number>>): void;
}

/** Computes a stage of a kind. */
export type StageRunner<K extends StageKind> = (context: StageContext<K>) => Promise<StageResults[K]>;

/** A stage that reads the latest earlier one of some kinds. */
interface Reader<Reads> {
  readonly stage: { readonly id: string; readonly reads: Reads };
  result(stage: string): StageResult;
}

/** The generator of a stage: a function of the run's seed and the stage's id alone. */
export function stageRng({ seed, stage }: Pick<StageContext, 'seed' | 'stage'>): Rng {
  return createRng(seed).split(stage.id);
}

/** A seed for a service, drawn like {@link stageRng}. */
export function stageSeed(context: Pick<StageContext, 'seed' | 'stage'>): bigint {
  return BigInt(
    stageRng(context)
      .split('service')
      .integer(2 ** 32),
  );
}

/** What the stage of a kind left that a stage reads, as the plan tied them. */
export function inputOf<R extends StageKind>(
  context: Reader<Readonly<Record<R, string>>>,
  kind: R,
): StageResults[R] {
  return resultAs(context, context.stage.reads[kind], kind);
}

/** The same for a kind that only some plans have. */
export function inputWhereMade<R extends StageKind>(
  context: Reader<Readonly<Partial<Record<R, string>>>>,
  kind: R,
): StageResults[R] | undefined {
  const stage = context.stage.reads[kind];
  return stage === undefined ? undefined : resultAs(context, stage, kind);
}

/** Names of what the data stage may leave. */
export type DataName = keyof StageResults['data']['outputs'];

/** What the data stage left, as far as a stage reads it. */
export function dataOf(context: Pick<StageContext, 'result'>): StageResults['data'] {
  return resultAs(context, DATA, DATA);
}

/** An output of the data that a stage reads. @throws RangeError where a run's data has none of it */
export function dataOutput(context: Pick<StageContext, 'result'>, name: DataName): string {
  const digest = dataOf(context).outputs[name];
  if (digest === undefined) throw new RangeError(`stage ${DATA} left no ${name}`);
  return digest;
}

/** The model that a stage trained. @throws RangeError for a stage that trains none */
export function modelLeftBy(context: Pick<StageContext, 'result'>, stage: string): common.ModelRef {
  const { model } = resultAs(context, stage, kindOfStage(stage) as TrainingKind).outputs;
  return parseModel(model);
}

function resultAs<K extends StageKind>(
  context: Pick<StageContext, 'result'>,
  stage: string,
  kind: K,
): StageResults[K] {
  return readResult(kind, context.result(stage), stage);
}
