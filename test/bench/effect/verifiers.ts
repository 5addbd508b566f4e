import type { ArtifactStore } from '@sipf/artifacts';
import { rocAuc } from '@sipf/evaluation';
import { bootstrapDifference, pathKey, type PairedAnswer, type PairedDifference } from '@sipf/method';
import type { Rng } from '@sipf/random';
import { readRecords, ROWS, type ScoreRecord } from '@sipf/runs';
import { checkSteps } from '@sipf/tasks';
import { join } from 'node:path';
import type { z } from 'zod';
import { readStageOutputs, type MethodRow } from './read-experiment.ts';

/** One verifier on the steps of one seed. */
interface VerifierFigures {
  /** Steps called what they are at probability 0.5. */
  readonly accuracy: number;
  readonly auc: number;
}

/** Process against outcome reward model on the same steps, whose labels are exact. */
export interface VerifierComparison {
  readonly seeds: readonly {
    readonly seed: number;
    readonly steps: number;
    /** Share of right steps. */
    readonly right: number;
    readonly process: VerifierFigures;
    readonly outcome: VerifierFigures;
  }[];
  /** Step accuracy of the process model less that of the outcome model; bootstrap over questions. */
  readonly difference: PairedDifference;
}

interface JudgedStep {
  readonly question: string;
  readonly isRight: boolean;
  readonly process: number;
  readonly outcome: number;
}

/**
 * Compares the verifiers of the first iteration of SIPF and of SIPF (ORM) on the paths of the questions that neither was
 * trained on. Undefined where the experiment has not both.
 */
export async function compareVerifiers(
  runs: string,
  rows: ReadonlyMap<string, MethodRow>,
  { store, rng }: { readonly store: ArtifactStore; readonly rng: Rng },
): Promise<VerifierComparison | undefined> {
  const [processRow, outcomeRow] = [rows.get('SIPF 1'), rows.get('SIPF (ORM) 1')];
  if (processRow === undefined || outcomeRow === undefined) return undefined;
  const seeds = [];
  const answers: PairedAnswer[] = [];
  for (const [seed, { run }] of processRow.seeds) {
    const other = outcomeRow.seeds.get(seed);
    if (other === undefined) continue;
    const steps = await judgedSteps(store, [join(runs, run), join(runs, other.run)]);
    seeds.push({ seed, ...figuresOf(steps) });
    answers.push(...steps.map((step) => pairedAnswer(seed, step)));
  }
  return seeds.length === 0 ? undefined : { seeds, difference: bootstrapDifference(answers, rng) };
}

function figuresOf(steps: readonly JudgedStep[]): Omit<VerifierComparison['seeds'][number], 'seed'> {
  const figures = (of: 'process' | 'outcome'): VerifierFigures => ({
    accuracy: steps.filter((step) => isCalledRight(step, of)).length / steps.length,
    auc: rocAuc(steps.map((step) => ({ probability: step[of], isRight: step.isRight }))),
  });
  const right = steps.filter(({ isRight }) => isRight).length / steps.length;
  return { steps: steps.length, right, process: figures('process'), outcome: figures('outcome') };
}

/** Whether the verifier says of the step what it is. */
function isCalledRight(step: JudgedStep, of: 'process' | 'outcome'): boolean {
  return step[of] > 0.5 === step.isRight;
}

function pairedAnswer(seed: number, step: JudgedStep): PairedAnswer {
  const question = `${seed}/${step.question}`;
  return { question, first: isCalledRight(step, 'process'), second: isCalledRight(step, 'outcome') };
}

async function judgedSteps(
  store: ArtifactStore,
  [processRun, outcomeRun]: readonly [string, string],
): Promise<JudgedStep[]> {
  const stages = await readStageOutputs(processRun);
  const read = <T>(stage: string, name: string, schema: z.ZodType<T>): Promise<T[]> =>
    readRecords(store, stages.get(stage)?.[name] ?? '', schema);
  const problems = new Map(
    (await read('data', 'loop', ROWS.problems)).map((problem) => [problem.id, problem]),
  );
  const paths = await read('sample-1', 'paths', ROWS.paths);
  const labelled = new Set((await read('label-1', 'labels', ROWS.labels)).map(({ path }) => path));
  const trainedOn = new Set(
    paths.filter((path) => labelled.has(pathKey(path))).map((path) => path.questionId),
  );
  const byProcess = scoresByPath(await read('score-1', 'scores', ROWS.scores));
  const scored = (await readStageOutputs(outcomeRun)).get('score-1')?.['scores'] ?? '';
  const byOutcome = scoresByPath(await readRecords(store, scored, ROWS.scores));
  return paths
    .filter(({ questionId }) => !trainedOn.has(questionId))
    .flatMap((path) => {
      const problem = problems.get(path.questionId);
      const [process = [], outcome = []] = [byProcess.get(pathKey(path)), byOutcome.get(pathKey(path))];
      const truth = problem === undefined ? [] : checkSteps(problem, path.text).steps;
      return truth.flatMap((isRight, at) => {
        const [one, other] = [process[at], outcome[at]];
        return one === undefined || other === undefined
          ? []
          : [{ question: path.questionId, isRight, process: one, outcome: other }];
      });
    });
}

function scoresByPath(records: readonly ScoreRecord[]): Map<string, readonly number[]> {
  return new Map(records.map(({ path, probabilities }) => [path, probabilities]));
}
