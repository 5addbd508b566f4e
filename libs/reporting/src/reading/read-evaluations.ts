import type { RunConfig } from '@sipf/contracts';
import {
  CONTINUED_SFT,
  isOfKind,
  planRun,
  type Results,
  ROWS,
  type RunArtifacts,
  type RunRecord,
  type Stage,
  type StageRecord,
  TEST,
} from '@sipf/runs';
import type { Answer, Evaluation } from '../error-analysis/evaluation.ts';

/** An evaluation and the stage that the answering model came from. */
export interface RunEvaluation extends Evaluation {
  /** Absent for the task's own test questions. */
  readonly testSet: string | undefined;
  readonly policyFrom: string;
}

/** The answers of every evaluation of a run that is over, in the plan's order. */
export async function readEvaluations(
  run: RunRecord & { readonly config: RunConfig },
  results: Pick<Results, 'rows'>,
  artifacts: RunArtifacts,
): Promise<RunEvaluation[]> {
  const done = new Map(run.stages.map((stage) => [stage.id, stage]));
  const evaluations = planRun(run.config).filter(isOfKind('evaluate'));
  const read = evaluations.map(async (stage): Promise<RunEvaluation[]> => {
    const record = done.get(stage.id);
    if (record?.completedAt === undefined) return [];
    const answers = await answersOf(record, artifacts);
    const { id, iteration, policyFrom } = stage;
    const [name, testSet] = [nameOf(stage, done, results), testSetOf(stage)];
    return [{ stage: id, name, iteration, policyFrom, testSet, answers }];
  });
  return (await Promise.all(read)).flat();
}

/** The models of the loop on the test questions, without those that they are compared with. */
export function loopEvaluations(evaluations: readonly RunEvaluation[]): RunEvaluation[] {
  const byIteration = Map.groupBy(
    evaluations.filter(({ policyFrom, testSet }) => policyFrom !== CONTINUED_SFT && testSet === undefined),
    ({ iteration }) => iteration,
  );
  return [...byIteration.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
}

/** The questions that an evaluation asks; absent for those of the main table. */
function testSetOf({ dataset }: Stage): string | undefined {
  return dataset === TEST ? undefined : dataset;
}

async function answersOf({ outputs }: StageRecord, artifacts: RunArtifacts): Promise<Answer[]> {
  const { outcomes, paths } = outputs;
  if (outcomes !== undefined) {
    const rows = await artifacts.records(outcomes, ROWS.outcomes);
    return rows.map(({ id, correct, text }) => ({ id, correct: correct ?? undefined, text }));
  }
  if (paths === undefined) return [];
  const answered = await artifacts.records(paths, ROWS.paths);
  return answered.map(({ questionId, outcome, text }) => ({
    id: questionId,
    correct: outcome === 'unknown' ? undefined : outcome === 'correct',
    text,
  }));
}

/** The name that the results give the model; the stage's id where there are none. */
function nameOf(
  { id, policyFrom, iteration }: Stage,
  done: ReadonlyMap<string, StageRecord>,
  { rows }: Pick<Results, 'rows'>,
): string {
  const producer = done.get(policyFrom)?.outputs ?? {};
  const model = producer['model'] ?? producer['policy'];
  return rows.find((row) => row.model === model && row.iteration === iteration)?.method ?? id;
}
