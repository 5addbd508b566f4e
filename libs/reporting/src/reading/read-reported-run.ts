import type { RunConfig } from '@sipf/contracts';
import {
  DATA,
  type DataSource,
  isMissing,
  NO_RESULTS,
  openRunArtifacts,
  planRun,
  type ReadableRun,
  readCurves,
  readEnvironment,
  readReadableRun,
  readResults,
  rowOf,
  type RunArtifacts,
  runLayout,
  type RunRecord,
  type Stage,
  type StageRecord,
  storeOf,
} from '@sipf/runs';
import { testSetTitle } from '../runs/data-source.ts';
import { accuracyRow, type ReportedRun, type ReportedStage, type TokenCount } from '../runs/reported-run.ts';
import { analyseRun } from './analyse-run.ts';
import { readDataSources } from './read-data-sources.ts';

/** How a run is read. */
export interface ReadReportedRunOptions {
  /** The store, where the run's folder has none. */
  readonly artifacts?: string | undefined;
  /** Counts the tokens of the texts of every stage by the run's own tokenizer. */
  readonly countTokens: (run: RunRecord, artifacts: RunArtifacts) => Promise<ReadonlyMap<string, TokenCount>>;
}

/**
 * Everything that a report says of a run, from its folder.
 * @throws SipfError `not-found` RUN_NOT_FOUND; `failed-precondition` CONFIG_UNREADABLE for a run of another version
 */
export async function readReportedRun(
  runs: string,
  id: string,
  { artifacts, countTokens }: ReadReportedRunOptions,
): Promise<ReportedRun> {
  const layout = runLayout(runs, id);
  const run = await readReadableRun(runs, id);
  const store = openRunArtifacts(artifacts ?? (await storeOf(runs, id)));
  const results = (await readResults(layout.resultsJson)) ?? NO_RESULTS;
  const sources = store === undefined ? undefined : await readDataSources(run, store);
  const tokens = store === undefined ? undefined : await unlessMissing(countTokens(run, store));
  return {
    id,
    config: run.config,
    commit: run.commit,
    otherCode: run.otherCode,
    startedAt: run.startedAt,
    standing: run.standing,
    stages: stagesOf(run, tokens),
    rows: results.rows
      .map(accuracyRow)
      .map((row) => ({ ...row, testSet: shownTestSet(run.config, row.testSet, sources) })),
    iterations: results.iterations,
    ...{ sources, warnings: results.warnings },
    curves: readCurves(layout.metrics),
    analysis: await analyseRun(run, results, store),
    environment: await readEnvironment(layout.environment),
  };
}

/** None out of domain is the task's own. */
function shownTestSet(
  config: RunConfig,
  testSet: string | undefined,
  sources: readonly DataSource[] | undefined,
): string | undefined {
  return testSet === undefined ? undefined : testSetTitle(config, testSet, sources);
}

/** Undefined where an artifact is gone from its store. */
async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function stagesOf(
  { stages, config }: ReadableRun,
  tokens: ReadonlyMap<string, TokenCount> | undefined,
): ReportedStage[] {
  const planned = new Map(planRun(config).map((stage) => [stage.id, stage]));
  return stages.map((record) => {
    const { id, counts, figures, engine } = record;
    const stage = planned.get(id);
    const { kind = id, iteration = 0 } = stage ?? {};
    const model = stage === undefined ? undefined : modelOf(stage, stages);
    const seconds = secondsOf(record);
    return { id, kind, iteration, seconds, counts, figures, tokens: tokens?.get(id), engine, model };
  });
}

/** By its digest; undefined for a stage without one, and where the log does not say. */
function modelOf(stage: Stage, records: readonly StageRecord[]): string | undefined {
  const { asks, trains } = rowOf(stage.kind);
  const outputsOf = (id: string | undefined): Readonly<Record<string, string>> =>
    records.find((record) => record.id === id)?.outputs ?? {};
  if (trains !== undefined) return outputsOf(stage.id)['model'];
  if (asks === undefined) return undefined;
  const data = outputsOf(DATA);
  const reads: Readonly<Record<string, string>> = stage.reads;
  const policy = (): string | undefined => outputsOf(stage.policyFrom)['model'] ?? data['policy'];
  if (asks.model === 'policy') return policy();
  if (asks.model === 'train-verifier') return outputsOf(reads['train-verifier'])['model'];
  return outputsOf(stage.simulatorFrom)['model'] ?? data['simulator'] ?? policy();
}

function secondsOf({ startedAt, completedAt }: StageRecord): number | undefined {
  return completedAt === undefined ? undefined : (Date.parse(completedAt) - Date.parse(startedAt)) / 1000;
}
