import { browse } from '@sipf/contracts';
import { pathKey, type PreferencePair } from '@sipf/method';
import { ROWS } from '@sipf/runs';
import { BoundedCache } from './bounded-cache.ts';
import type { Indexes, PairIndex, QuestionIndex } from './indexes.ts';
import { readLines } from './line-index.ts';
import { aggregationOf, MAX_SELECTED, type Selection } from './list-paths.ts';
import { orderLines, questionFilter } from './order-lines.ts';
import { loopQuestions, pairSource, scoresOfIteration, type BrowsedRun } from './run-data.ts';
import { showPaths } from './shown-path.ts';

/** A page of the pairs of a stage. @throws SipfError `not-found` DATASET_NOT_FOUND */
export function createPairLister(indexes: Indexes) {
  const selections = new BoundedCache<Selection>(MAX_SELECTED);
  return async (run: BrowsedRun, request: browse.ListPairsRequest): Promise<browse.ListPairsResponse> => {
    const digest = pairSource(run, request.stage);
    const pairs = await indexes.pairs(run.artifacts, digest);
    const asked = loopQuestions(run);
    const questions = asked === undefined ? undefined : await indexes.questions(run.artifacts, asked);
    const { questionContains, order, offset, limit } = request;
    const key = JSON.stringify([digest, questionContains, order]);
    const { lines } = await selections.get(key, () =>
      Promise.resolve(selectPairs(request, pairs, questions)),
    );
    const page = [...lines.subarray(offset, offset + limit)];
    const records = await readLines({ store: run.artifacts, schema: ROWS.pairs }, pairs.lines, page);
    return {
      pairs: await showPairs(records, { indexes, run, questions }),
      matched: lines.length,
      total: pairs.lines.count,
    };
  };
}

function selectPairs(
  { questionContains, order }: browse.ListPairsRequest,
  { lines: { count }, questionIds, differences }: PairIndex,
  questions: QuestionIndex | undefined,
): Selection {
  const isAsked = questionFilter(questionContains, questions?.byId ?? new Map());
  const ranks: Readonly<Record<browse.PairOrder, ((line: number) => number) | undefined>> = {
    [browse.PairOrder.UNSPECIFIED]: undefined,
    [browse.PairOrder.DIFFERENCE_DESCENDING]: (line) => differences[line] ?? 0,
    [browse.PairOrder.DIFFERENCE_ASCENDING]: (line) => -(differences[line] ?? 0),
  };
  const lines = orderLines(count, {
    matches: (line) => isAsked(questionIds[line] ?? ''),
    rank: ranks[order],
  });
  return { lines, weight: lines.length + 1 };
}

/** The sets of pairs accumulate, so that the paths of a page may be of several iterations, each scored on its own. */
async function showPairs(
  pairs: readonly PreferencePair[],
  {
    indexes,
    run,
    questions,
  }: { readonly indexes: Indexes; readonly run: BrowsedRun; readonly questions: QuestionIndex | undefined },
): Promise<browse.BrowsedPair[]> {
  const { artifacts } = run;
  const byIteration = Map.groupBy(
    pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]),
    ({ iteration }) => iteration,
  );
  const shown = new Map<string, browse.BrowsedPath>();
  for (const [iteration, paths] of byIteration) {
    const digest = scoresOfIteration(run, iteration);
    const scores =
      digest === undefined ? undefined : await indexes.scores(artifacts, digest, aggregationOf(run));
    const company = { artifacts, questions, scores, labels: undefined };
    for (const path of await showPaths(paths, company)) shown.set(path.key, path);
  }
  return pairs.map(({ chosen, rejected, difference }) => ({
    chosen: shown.get(pathKey(chosen)),
    rejected: shown.get(pathKey(rejected)),
    difference,
  }));
}
