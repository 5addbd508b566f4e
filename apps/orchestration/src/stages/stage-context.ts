import type { ArtifactStore } from '@sipf/artifacts';
import type { RunConfig } from '@sipf/contracts';
import { createRng, type Rng } from '@sipf/random';
import type { Task } from '@sipf/tasks';
import type { AppendOnlyFile, JournalEntry, Program, Stage, StageKind, StageResult } from '@sipf/runs';
import type { Services } from '../services/services.ts';

/** What a stage may use. Stages know each other only by their results. */
export interface StageContext {
  readonly runId: string;
  readonly config: RunConfig;
  readonly stage: Stage;
  readonly task: Task;
  readonly artifacts: ArtifactStore;
  readonly services: Services;
  readonly signal: AbortSignal;
  /** The run's folder, for what people read; artefacts go into the store. */
  readonly folder: string;
  /** Result of a completed stage. @throws RangeError for one that the stage does not come after */
  result(stage: string): StageResult;
  /** The results of every completed stage. */
  readonly results: ReadonlyMap<string, StageResult>;
  /** The programs at work on the run, for the report: see RunState. */
  readonly programs: readonly Program[];
  /** What earlier attempts of this stage finished. */
  openJournal<R>(): Promise<AppendOnlyFile<JournalEntry<R>>>;
  progress(done: number, total: number, figures?: Readonly<Record<string, number>>): void;
  /** Metrics of one training step, for metrics.jsonl. */
  recordMetrics(step: number, values: Readonly<Record<string, number>>): void;
}

export type StageRunner = (context: StageContext) => Promise<StageResult>;

/** The generator of a stage: a function of the run's seed and the stage's id alone. */
export function stageRng({ config, stage }: StageContext): Rng {
  return createRng(config.seed).split(stage.id);
}

/** A seed for a service, drawn like {@link stageRng}. */
export function stageSeed(context: StageContext): bigint {
  return BigInt(
    stageRng(context)
      .split('service')
      .integer(2 ** 32),
  );
}

/** An output that a stage must have left. */
export function outputOf(context: StageContext, stage: string, name: string): string {
  const digest = context.result(stage).outputs[name];
  if (digest === undefined) throw new RangeError(`stage ${stage} left no ${name}`);
  return digest;
}

/** An output of the latest earlier stage of a kind, as the plan tied them. */
export function inputOf(context: StageContext, kind: StageKind, name: string): string {
  const stage = context.stage.reads[kind];
  if (stage === undefined) throw new RangeError(`stage ${context.stage.id} reads no ${kind}`);
  return outputOf(context, stage, name);
}
