import type { RunConfig } from '@sipf/contracts';
import { TEST, VALIDATION, type DataSet } from './stage.ts';

/** What is asked of every model of a run, the test questions first. */
export function dataSetsOf({ evaluation }: RunConfig): DataSet[] {
  const validation: DataSet[] = evaluation.validationQuestions > 0 ? [VALIDATION] : [];
  return [TEST, ...validation, ...evaluation.outOfDomain.map(({ name }) => name)];
}

/** The id of an evaluation on a data set, of the one on the test questions: `evaluate-2`, `evaluate-harder-2`. */
export function evaluationOn(dataset: DataSet, evaluation: string): string {
  return dataset === TEST ? evaluation : evaluation.replace('evaluate-', `evaluate-${dataset}-`);
}

/** The id of the sampled evaluation beside a greedy one on the test questions. */
export function sampledEvaluationOf(evaluation: string): string {
  return evaluation.replace('evaluate-', 'evaluate-samples-');
}
