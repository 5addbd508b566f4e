import { loopEvaluations, readEvaluations, type RunEvaluation } from '@sipf/reporting';
import {
  NO_RESULTS,
  openRunArtifacts,
  type ReadableRun,
  readReadableRun,
  readResults,
  ROWS,
  type RunArtifacts,
  runLayout,
  storeOf,
} from '@sipf/runs';
import { checkRunId } from '../runs/claim-run.ts';
import { usageError } from '../usage-error.ts';

/** One side of a comparison. */
export interface Competitor {
  /** E.g. `SIPF 3`, with the run's id where both sides have that name. */
  readonly name: string;
  readonly run: string;
  readonly evaluation: RunEvaluation;
  /** Texts of the questions by id. */
  readonly questions: ReadonlyMap<string, string>;
}

/**
 * Reads the answers that a side is judged by.
 * @param side `RUN` for the loop's last model, or `RUN:STAGE`, e.g. `demo:evaluate-1`
 * @throws SipfError `invalid-argument` where there is no such evaluation
 */
export async function readCompetitor(
  runs: string,
  side: string,
  { flag, artifacts }: { readonly flag: string; readonly artifacts: string | undefined },
): Promise<Competitor> {
  const [id = '', stage] = side.split(':');
  const layout = runLayout(runs, checkRunId(id));
  const run = await readReadableRun(runs, id);
  const store = openRunArtifacts(artifacts ?? (await storeOf(runs, id)));
  if (store === undefined)
    throw usageError(`${flag}: run ${id} has no artifacts in its folder; name --artifacts`);
  const results = (await readResults(layout.resultsJson)) ?? NO_RESULTS;
  const evaluations = await readEvaluations(run, results, store);
  const chosen =
    stage === undefined
      ? loopEvaluations(evaluations).at(-1)
      : evaluations.find((evaluation) => evaluation.stage === stage);
  if (chosen === undefined) {
    const known = evaluations.map((evaluation) => evaluation.stage).join(', ') || 'none';
    throw usageError(`${flag}: run ${id} has no finished evaluation ${stage ?? ''}; it has ${known}`);
  }
  const questions = await questionsOf(run, chosen.testSet ?? 'test', store);
  return { name: chosen.name, run: id, evaluation: chosen, questions };
}

async function questionsOf(
  { stages }: ReadableRun,
  testSet: string,
  artifacts: RunArtifacts,
): Promise<ReadonlyMap<string, string>> {
  const digest = stages.find(({ id }) => id === 'data')?.outputs[testSet];
  const problems = digest === undefined ? [] : await artifacts.records(digest, ROWS.problems);
  return new Map(problems.map(({ id, question }) => [id, question]));
}

/** Names that distinguish two sides. */
export function namesOf(a: Competitor, b: Competitor): readonly [string, string] {
  if (a.name !== b.name) return [a.name, b.name];
  return [`${a.name} (${a.run})`, `${b.name} (${b.run})`];
}

/** Questions that two sides share and that mean the same to both. @throws SipfError `invalid-argument` for two test sets */
export function sharedQuestions(a: Competitor, b: Competitor): ReadonlyMap<string, string> {
  const shared = [...a.questions].filter(([id, question]) => b.questions.get(id) === question);
  if (shared.length === 0) throw usageError('--a and --b were not asked the same questions');
  return new Map(shared);
}
