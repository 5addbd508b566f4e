import type { RunConfig } from '@sipf/contracts';
import {
  type DataSource,
  type EngineFacts,
  type Environment,
  type IterationCounts,
  type ResultRow,
  type StepMetrics,
  TEST,
} from '@sipf/runs';
import type { RunAnalysis } from '../error-analysis/run-analysis.ts';

/** The input of a report about a run; every number comes from the run's folder. */
export interface ReportedRun {
  readonly id: string;
  readonly config: RunConfig;
  /** Of the code that ran it; empty where it was not known. */
  readonly commit: string;
  /** How the code of each resumption differed from the code before, where it did. @default none */
  readonly otherCode?: readonly string[];
  /** ISO 8601. */
  readonly startedAt: string;
  /** E.g. `succeeded`. */
  readonly standing: string;
  readonly stages: readonly ReportedStage[];
  /** Accuracies; none for a run that has not come to its report. */
  readonly rows: readonly AccuracyRow[];
  readonly iterations: readonly IterationCounts[];
  /** Metrics of every training step, by the stage's id. */
  readonly curves: ReadonlyMap<string, readonly StepMetrics[]>;
  readonly analysis: RunAnalysis;
  /** What its files of problems held; absent where the run does not say. */
  readonly sources?: readonly DataSource[] | undefined;
  /** What is odd about the results of its stages. @default nothing */
  readonly warnings?: readonly string[] | undefined;
  /** The machine and the versions, by what they are called; absent where the run does not say. */
  readonly environment?: Environment | undefined;
}

/** A stage that is over, or was begun. */
export interface ReportedStage {
  readonly id: string;
  readonly kind: string;
  readonly iteration: number;
  /** From its start to its end; absent where it did not end. */
  readonly seconds?: number | undefined;
  readonly counts: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly tokens?: TokenCount | undefined;
  /** What computed it; absent where nothing did, or the log does not say. */
  readonly engine?: EngineFacts | undefined;
  /** The model that it asked or, of a training, made. */
  readonly model?: string | undefined;
}

/** Tokens of the texts that a stage wrote or was trained on. */
export interface TokenCount {
  readonly tokens: number;
  /** Whether only a part of the texts was counted, and the rest taken to be like it. */
  readonly isEstimate: boolean;
}

/** Greedy accuracy of one model of a run on one test set. */
export interface AccuracyRow extends Omit<ResultRow, 'dataset' | 'sampled' | 'outcomes'> {
  /** The test set where it is not the task's own, e.g. an out-of-domain one. */
  readonly testSet?: string | undefined;
}

/** A row of a run's results; its test set by its name. */
export function accuracyRow({ dataset, ...row }: ResultRow): AccuracyRow {
  return { ...row, testSet: dataset === TEST ? undefined : dataset };
}
