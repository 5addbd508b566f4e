import type { PreferencePair } from '@sipf/method';
import {
  isMissing,
  isOfKind,
  planRun,
  type ReadableRun,
  type Results,
  ROWS,
  type RunArtifacts,
} from '@sipf/runs';
import { taskNamed, type Problem } from '@sipf/tasks';
import { changesOver } from '../error-analysis/changes.ts';
import { firstErrors } from '../error-analysis/first-errors.ts';
import { heldOutVerifier, type HeldOutVerifier } from '../error-analysis/held-out-verifier.ts';
import { pathLengths } from '../error-analysis/path-lengths.ts';
import { noAnalysis, type RunAnalysis } from '../error-analysis/run-analysis.ts';
import { samplePairs, type SamplePair } from '../error-analysis/sample-pairs.ts';
import { loopEvaluations, readEvaluations } from './read-evaluations.ts';

/** Pairs of a run that a report shows. */
const PAIRS_SHOWN = 3;

/** Reads what a run's stages left, and looks for what its figures do not show. */
export async function analyseRun(
  run: ReadableRun,
  results: Pick<Results, 'rows'>,
  artifacts: RunArtifacts | undefined,
): Promise<RunAnalysis> {
  if (artifacts === undefined) {
    return noAnalysis('its artifacts are not in its folder; name them by `sipf report --artifacts FOLDER`');
  }
  try {
    return await analyse({ run, artifacts, results });
  } catch (error) {
    if (!isMissing(error)) throw error;
    return noAnalysis(`an artifact is gone from its store: ${(error as Error).message}`);
  }
}

interface Subject {
  readonly run: ReadableRun;
  readonly artifacts: RunArtifacts;
  readonly results: Pick<Results, 'rows'>;
}

async function analyse(subject: Subject): Promise<RunAnalysis> {
  const { run, artifacts, results } = subject;
  const task = taskNamed(run.config.task.name);
  const evaluations = (await readEvaluations(run, results, artifacts)).filter(
    ({ testSet }) => testSet === undefined,
  );
  const test = byId(await problemsOf(subject, 'test'));
  const gaps = [];
  if (evaluations.length === 0) gaps.push('it has evaluated no model; `sipf resume` continues it');
  if (task.domain === 'code')
    gaps.push('steps of programs have no exact labels, so first errors are unknown');
  return {
    errors: evaluations.flatMap((one) =>
      task.domain === 'code' ? [] : (firstErrors(task, test, one) ?? []),
    ),
    changes: changesOver(loopEvaluations(evaluations)),
    lengths: evaluations.flatMap((one) => pathLengths((text) => task.splitSteps(text), one) ?? []),
    ...(await scoredAnalysis(subject)),
    gaps,
  };
}

/** What the verifier says of the run's own paths. */
async function scoredAnalysis(
  subject: Subject,
): Promise<{ readonly pairs: SamplePair[]; readonly verifiers: HeldOutVerifier[] }> {
  const { run, artifacts } = subject;
  const task = taskNamed(run.config.task.name);
  const problems = byId(await problemsOf(subject, 'loop'));
  const scores = await readScores(subject);
  const own = scores.filter(({ compared }) => compared === undefined);
  const probabilities = new Map(own.flatMap((one) => [...one.probabilities]));
  const questions = new Map([...problems].map(([id, { question }]) => [id, question]));
  const pairs = await latestPairs(subject);
  const measured = [...own.slice(0, 1), ...scores.filter(({ compared }) => compared !== undefined)];
  const verifiers = measured.map(async (one): Promise<HeldOutVerifier[]> => {
    if (task.domain !== 'math' || task.stepTruth === undefined) return [];
    const paths = await artifacts.records(one.paths, ROWS.paths);
    const trainedOn = await questionsLearntFrom(subject);
    return [heldOutVerifier(task, problems, { ...one, paths, trainedOn }) ?? []].flat();
  });
  return {
    pairs: samplePairs(pairs, { questions, probabilities, count: PAIRS_SHOWN }),
    verifiers: (await Promise.all(verifiers)).flat(),
  };
}

interface StageScores {
  readonly stage: string;
  readonly compared: number | undefined;
  /** Digest of the paths that were scored. */
  readonly paths: string;
  readonly probabilities: ReadonlyMap<string, readonly number[]>;
}

async function readScores({ run, artifacts }: Subject): Promise<StageScores[]> {
  const outputs = new Map(run.stages.map((stage) => [stage.id, stage.outputs]));
  const stages = planRun(run.config).filter(isOfKind('score'));
  const read = stages.map(async ({ id, reads, compared }): Promise<StageScores[]> => {
    const [scores, paths] = [outputs.get(id)?.['scores'], outputs.get(reads.sample)?.['paths']];
    if (scores === undefined || paths === undefined) return [];
    const rows = await artifacts.records(scores, ROWS.scores);
    const probabilities = new Map(rows.map((row) => [row.path, row.probabilities]));
    return [{ stage: id, compared, paths, probabilities }];
  });
  return (await Promise.all(read)).flat();
}

/** Texts of the questions of the paths that the first verifier learnt from. */
async function questionsLearntFrom({ run, artifacts }: Subject): Promise<ReadonlySet<string>> {
  const stage = planRun(run.config).find(isOfKind('train-verifier'));
  const digest = run.stages.find(({ id }) => id === stage?.id)?.outputs['dataset'];
  if (digest === undefined) return new Set();
  const rows = await artifacts.records(digest, ROWS.stepwise);
  return new Set(rows.map(({ prompt }) => prompt));
}

/** The pairs that the last stage which makes any left; none where there is no such stage. */
async function latestPairs({ run, artifacts }: Subject): Promise<PreferencePair[]> {
  const ids = planRun(run.config)
    .filter(isOfKind('pair'))
    .map(({ id }) => id);
  const digest = run.stages.findLast(({ id, outputs }) => ids.includes(id) && outputs['pairs'] !== undefined)
    ?.outputs['pairs'];
  return digest === undefined ? [] : await artifacts.records(digest, ROWS.pairs);
}

async function problemsOf({ run, artifacts }: Subject, split: string): Promise<Problem[]> {
  const digest = run.stages.find(({ id }) => id === 'data')?.outputs[split];
  return digest === undefined ? [] : await artifacts.records(digest, ROWS.problems);
}

function byId(problems: readonly Problem[]): ReadonlyMap<string, Problem> {
  return new Map(problems.map((problem) => [problem.id, problem]));
}
