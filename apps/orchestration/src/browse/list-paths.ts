import { browse } from '@sipf/contracts';
import { type Path, type RewardAggregation } from '@sipf/method';
import { ROWS } from '@sipf/runs';
import { BoundedCache, type Weighted } from './bounded-cache.ts';
import type { Indexes, PathIndex, QuestionIndex, ScoreIndex } from './indexes.ts';
import { readLines } from './line-index.ts';
import { orderLines, questionFilter } from './order-lines.ts';
import { pathSources, type BrowsedRun, type PathSources } from './run-data.ts';
import { outcomeNamed, showPaths, type PathCompany } from './shown-path.ts';

/** The lines of a selection, kept while somebody turns its pages. */
export interface Selection extends Weighted {
  readonly lines: Uint32Array;
}

/** Lines of all selections together that are kept, 4 bytes each. */
export const MAX_SELECTED = 4_000_000;

/** A page of the paths of a stage. @throws SipfError `not-found` DATASET_NOT_FOUND */
export function createPathLister(indexes: Indexes) {
  const selections = new BoundedCache<Selection>(MAX_SELECTED);
  return async (run: BrowsedRun, request: browse.ListPathsRequest): Promise<browse.ListPathsResponse> => {
    const sources = pathSources(run, request.stage);
    const paths = await indexes.paths(run.artifacts, sources.paths);
    const company = await companyOf(indexes, run, sources);
    const { scores, questions } = company;
    const select = (): Promise<Selection> => Promise.resolve(selectPaths(request, paths, questions, scores));
    const { lines } = await selections.get(selectionKey(request, sources), select);
    const page = [...lines.subarray(request.offset, request.offset + request.limit)];
    const records = await readLines({ store: run.artifacts, schema: ROWS.paths }, paths.lines, page);
    return {
      paths: await showPaths(records, company),
      matched: lines.length,
      total: paths.lines.count,
    };
  };
}

/** The rule by which the run makes rewards of scores. */
export function aggregationOf({ state }: BrowsedRun): RewardAggregation {
  return state.config.pairs?.aggregation ?? state.config.filter.aggregation;
}

async function companyOf(indexes: Indexes, run: BrowsedRun, sources: PathSources): Promise<PathCompany> {
  const { artifacts } = run;
  const { questions, scores, labels } = sources;
  return {
    artifacts,
    questions: questions === undefined ? undefined : await indexes.questions(artifacts, questions),
    scores: scores === undefined ? undefined : await indexes.scores(artifacts, scores, aggregationOf(run)),
    labels: labels === undefined ? undefined : await indexes.labels(artifacts, labels),
  };
}

function selectionKey(request: browse.ListPathsRequest, { paths, scores }: PathSources): string {
  const { outcome, questionContains, order, key } = request;
  return JSON.stringify([paths, scores, outcome, questionContains, order, key]);
}

function selectPaths(
  { outcome, questionContains, order, key }: browse.ListPathsRequest,
  index: PathIndex,
  questions: QuestionIndex | undefined,
  scores: ScoreIndex | undefined,
): Selection {
  const { byKey, questionIds, outcomes } = index;
  const isAsked = questionFilter(questionContains, questions?.byId ?? new Map());
  const isWanted = (own: Path['outcome']): boolean =>
    outcome === browse.PathOutcome.UNSPECIFIED || outcomeNamed(own) === outcome;
  const matches = (line: number): boolean =>
    isWanted(outcomes[line] ?? 'unknown') && isAsked(questionIds[line] ?? '');
  const only = byKey.get(key);
  const lines =
    key === ''
      ? orderLines(index.lines.count, { matches, rank: rankOf(order, index, scores) })
      : Uint32Array.from(only !== undefined && matches(only) ? [only] : []);
  return { lines, weight: lines.length + 1 };
}

function rankOf(
  order: browse.PathOrder,
  { keys, logProbs, stepCounts }: PathIndex,
  scores: ScoreIndex | undefined,
): ((line: number) => number | undefined) | undefined {
  const reward = (line: number): number | undefined => scores?.rewards.get(keys[line] ?? '');
  switch (order) {
    case browse.PathOrder.UNSPECIFIED:
      return undefined;
    case browse.PathOrder.REWARD_DESCENDING:
      return reward;
    case browse.PathOrder.REWARD_ASCENDING:
      return (line) => -(reward(line) ?? Infinity);
    case browse.PathOrder.LOG_PROB_DESCENDING:
      return (line) => logProbs[line];
    case browse.PathOrder.STEPS_DESCENDING:
      return (line) => stepCounts[line];
  }
}
