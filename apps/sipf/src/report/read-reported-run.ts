import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import {
  type DataSource,
  isMissing,
  NO_RESULTS,
  openRunArtifacts,
  planRun,
  readCurves,
  readEnvironment,
  readResults,
  readRun,
  type RunArtifacts,
  runPlaces,
  type StageRecord,
} from '@sipf/runs';
import {
  accuracyRow,
  type ReportedRun,
  type ReportedStage,
  testSetTitle,
  type TokenCount,
} from '@sipf/reporting';
import { analyseRun, type ReadableRun } from './analyse-run.ts';
import { countTokens } from './count-tokens.ts';
import { readDataSources } from './read-data-sources.ts';
import { storeOf } from './subjects.ts';

/**
 * Everything that a report tells of a run, from its folder.
 * @param artifacts the store where the run's folder has none
 * @throws SipfError `not-found` RUN_NOT_FOUND; `failed-precondition` CONFIG_UNREADABLE for a run of another version
 */
export async function readReportedRun(runs: string, id: string, artifacts?: string): Promise<ReportedRun> {
  const places = runPlaces(runs, id);
  const run = await readReadableRun(runs, id);
  const store = openRunArtifacts(artifacts ?? (await storeOf(runs, id)));
  const results = (await readResults(places.resultsJson)) ?? NO_RESULTS;
  const sources = store === undefined ? undefined : await readDataSources(run, store);
  const tokens = store === undefined ? undefined : await tokensOf(run, store);
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
    curves: readCurves(places.metrics),
    analysis: await analyseRun(run, results, store),
    environment: await readEnvironment(places.environment),
  };
}

/** A run with its configuration. @throws SipfError as {@link readReportedRun} */
export async function readReadableRun(runs: string, id: string): Promise<ReadableRun> {
  const { config, ...run } = await readRun(runs, id);
  if (config !== undefined) return { ...run, config };
  throw new SipfError('failed-precondition', `the configuration of run ${id} is not one of this version`, {
    reason: 'CONFIG_UNREADABLE',
  });
}

/** None out of domain is the task's own. */
function shownTestSet(
  config: RunConfig,
  testSet: string | undefined,
  sources: readonly DataSource[] | undefined,
): string | undefined {
  return testSet === undefined ? undefined : testSetTitle(config, testSet, sources);
}

async function tokensOf(
  run: ReadableRun,
  store: RunArtifacts,
): Promise<ReadonlyMap<string, TokenCount> | undefined> {
  try {
    return await countTokens(run, store);
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
    const { id, counts, figures } = record;
    const { kind = id, iteration = 0 } = planned.get(id) ?? {};
    return { id, kind, iteration, seconds: secondsOf(record), counts, figures, tokens: tokens?.get(id) };
  });
}

function secondsOf({ startedAt, completedAt }: StageRecord): number | undefined {
  return completedAt === undefined ? undefined : (Date.parse(completedAt) - Date.parse(startedAt)) / 1000;
}
